import { timestamp } from '../clock.ts';
import { AnswerLost } from '../dynamo/errors.ts';
import { actionsPerTransactionMax } from '../dynamo/limits.ts';
import { putAll } from '../dynamo/put-all.ts';
import type { Action, Item } from '../dynamo/store.ts';
import { InFlight } from '../http/problem.ts';
import { type AnswerUpdate, answerAction } from '../ledger/change.ts';
import { chunkItem } from './chunk.ts';
import { chunkMessage } from './chunk-message.ts';
import { type Context, putNew, untilDone } from './context.ts';
import { appendToList } from './lists.ts';
import { type NewOperation, packChunks } from './pack.ts';
import { type Batch, type BatchRecord, batchOf, type OpenEntry } from './record.ts';
import { joinTenantQueue, readTenantQueue, sendOrLeave } from './tenant-queue.ts';

/** A batch to be opened. */
export interface NewBatch<D = unknown> {
  /** Unique within the engine, for good. Ids that are numbers of a tenant need the tenant as a part. */
  id: string;
  kind: string;
  tenant: string;
  user: string;
  operations: NewOperation<D>[];
  /** The system's own data of the batch: small, and the same for all operations. */
  details?: Record<string, unknown>;
  /** Names of the lists that the batch is appended to. */
  lists?: string[];
  /** Update that stores the caller's answer under its idempotency key; it commits with the batch. */
  answer?: AnswerUpdate;
}

/** Another request took over the idempotency key of this one, or the id is taken. Nothing was opened. */
export class NotOpened extends InFlight {
  override readonly name = 'NotOpened';
}

/** Chunks that the opening transaction may hold. DynamoDB takes 4 MB; the rest is for its other items. */
const openingBytesMax = 2_000_000;

/**
 * Opens a batch. Once this returns, the batch will be processed, even if this process ends at once.
 *
 * One transaction writes its record and its chunks. If the chunks do not fit, they are written before, and
 * have no effect until the record exists. If the tenant queue was idle, the message for the first chunk is
 * then sent; the sweep sends it again if it is lost (transactional outbox).
 *
 * @throws NotOpened, RangeError for a batch without operations, or Unavailable at the deadline of the store.
 */
export async function open<D>(context: Context, batch: NewBatch<D>): Promise<Batch> {
  const { keys, deps, store } = context;
  const { id, tenant, kind, user, details = {}, lists = [], answer } = batch;
  const chunks = packChunks(batch.operations);
  if (chunks.length === 0) throw new RangeError('a batch needs operations');
  const total = chunks.flat().reduce((sum, { places }) => sum + places.length, 0);
  const now = timestamp(deps.now());
  const opener = deps.unique();
  const items = chunks.map((operations, chunk) => chunkItem(keys.chunk(id, chunk), { chunk, operations }));
  const otherActions = 3 + 2 * lists.length + (answer ? 1 : 0);
  const fit = items.length + otherActions <= actionsPerTransactionMax && bytesOf(items) <= openingBytesMax;
  if (!fit) await putAll(store, context.table(), items);

  const wait = store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const queue = await readTenantQueue(context, tenant);
    const key = keys.open(tenant, queue.turn + 1);
    const record: BatchRecord = {
      ...keys.batch(id),
      ...{ id, kind, tenant, user, details, total, chunks: chunks.length, order: key.sk },
      ...{ status: 'pending', createdAt: now, progressAt: now, remaining: total, openChunks: chunks.length },
      ...{ succeeded: 0, failed: 0, inFlight: 0, canceled: 0, deadChunks: 0, resends: 0, opener },
    };
    const entry: OpenEntry = { ...key, id, tenant };
    const listed = await Promise.all(lists.map((list) => appendToList(context, list, id)));
    const actions: Action[] = [
      putNew(context, { ...record }),
      putNew(context, { ...entry }),
      joinTenantQueue(context, tenant, queue),
      ...listed.flat(),
      ...(answer ? [answerAction(answer)] : []),
      ...(fit ? items.map((item) => putNew(context, item)) : []),
    ];
    const opened = await untilDone(context, async () => {
      try {
        const end = await store.transact(actions);
        if (end.done) return 'opened';
        // An attempt whose answer was lost finds its own record.
        if (await isOpened(context, record)) return 'opened';
        if (end.reasons[0]?.failed) return 'taken';
        return answer && end.reasons[3 + listed.flat().length]?.failed ? 'taken' : 'moved';
      } catch (error) {
        if (error instanceof AnswerLost && (await isOpened(context, record))) return 'opened';
        throw error;
      }
    });
    if (opened === 'taken') throw new NotOpened();
    if (opened === 'moved') {
      await wait();
      continue;
    }
    if (!queue.busy) await sendOrLeave(context, chunkMessage(entry, 0));
    return batchOf(record);
  }
}

/** True if this very request has opened the batch. */
async function isOpened(context: Context, { pk, sk, opener }: BatchRecord): Promise<boolean> {
  const found = await context.store.get(context.table(), { pk, sk });
  return found?.opener === opener;
}

const bytesOf = (items: Item[]): number =>
  items.reduce((sum, { operations }) => sum + Buffer.byteLength(String(operations)), 0);
