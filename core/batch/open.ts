import { timestamp } from '../clock.ts';
import { AnswerLost } from '../dynamo/errors.ts';
import { actionsPerTransactionMax } from '../dynamo/limits.ts';
import { putAll } from '../dynamo/put-all.ts';
import type { Action, Item } from '../dynamo/store.ts';
import { InFlight } from '../http/problem.ts';
import { type AnswerUpdate, answerAction } from '../ledger/change.ts';
import { chunkItem } from './chunk.ts';
import { type Context, untilDone } from './context.ts';
import { type NewOperation, packed } from './pack.ts';
import { type Batch, type BatchRecord, batchOf, type OpenEntry } from './record.ts';
import { joining, readLane, sendChunk } from './tenant-queue.ts';

/** A batch that is to be opened. */
export interface NewBatch<D = unknown> {
  /** Unique within the engine for all time. Where ids are numbers of a tenant, put the tenant in front. */
  id: string;
  kind: string;
  tenant: string;
  user: string;
  operations: NewOperation<D>[];
  /** What the system keeps with the batch; small, and the same for all operations. */
  details?: Record<string, unknown>;
  /** Names of the lists that it will be found in. */
  lists?: string[];
  /** What keeps the caller's answer under its idempotency key: it commits together with the batch. */
  answer?: AnswerUpdate;
}

/** Another request took over the idempotency key of this one, or the id is taken. Nothing was opened. */
export class NotOpened extends InFlight {
  override readonly name = 'NotOpened';
}

/** How much of a batch goes into the transaction that opens it, in bytes: DynamoDB takes 4 MB, the rest is for its other items. */
const bytesInsideMax = 2_000_000;

/**
 * Opens a batch: once this returns it will be worked off, whatever dies.
 *
 * One transaction writes its record and its chunks. More chunks than fit are written before, and count for nothing until the record is
 * there. Then, if the tenant's lane is idle, the first chunk's message is sent; the sweep makes up for one that was lost.
 *
 * @throws NotOpened, or RangeError for a batch without operations.
 */
export async function open<D>(context: Context, wanted: NewBatch<D>): Promise<Batch> {
  const { keys, deps, store } = context;
  const { id, tenant, kind, user, details = {}, lists = [], answer } = wanted;
  const chunks = packed(wanted.operations);
  if (chunks.length === 0) throw new RangeError('a batch needs operations');
  const total = chunks.flat().reduce((sum, { places }) => sum + places.length, 0);
  const now = timestamp(deps.now());
  const opener = deps.unique();
  const items = chunks.map((operations, chunk) => chunkItem(keys.chunk(id, chunk), { chunk, operations }));
  const others = 3 + 2 * lists.length + (answer ? 1 : 0);
  const inside =
    items.length + others <= actionsPerTransactionMax && bytesOf(items) <= bytesInsideMax ? items : [];
  if (inside.length === 0) await putAll(store, context.table(), items);

  const wait = store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const lane = await readLane(context, tenant);
    const key = keys.open(tenant, lane.turn + 1);
    const record: BatchRecord = {
      ...keys.batch(id),
      ...{ id, kind, tenant, user, details, total, chunks: chunks.length, order: key.sk },
      ...{ status: 'pending', createdAt: now, progressAt: now, remaining: total, openChunks: chunks.length },
      ...{ succeeded: 0, failed: 0, inFlight: 0, canceled: 0, deadChunks: 0, resends: 0, opener },
    };
    const entry: OpenEntry = { ...key, id, tenant };
    const listed = await Promise.all(lists.map((list) => listing(context, list, id)));
    const actions: Action[] = [
      fresh(context, { ...record }),
      fresh(context, { ...entry }),
      joining(context, tenant, lane),
      ...listed.flat(),
      ...(answer ? [answerAction(answer)] : []),
      ...inside.map((item) => fresh(context, item)),
    ];
    const opened = await untilDone(context, async () => {
      try {
        const end = await store.transact(actions);
        if (end.done) return 'opened';
        // A request whose answer was lost finds its own record.
        if (await isThere(context, record)) return 'opened';
        if (end.reasons[0]?.failed) return 'taken';
        return answer && end.reasons[3 + listed.flat().length]?.failed ? 'taken' : 'moved';
      } catch (error) {
        if (error instanceof AnswerLost && (await isThere(context, record))) return 'opened';
        throw error;
      }
    });
    if (opened === 'taken') throw new NotOpened();
    if (opened === 'moved') {
      await wait();
      continue;
    }
    if (!lane.busy) await sendChunk(context, entry, 0);
    return batchOf(record);
  }
}

const fresh = ({ table }: Context, item: Item): Action => ({
  Put: { TableName: table(), Item: item, ConditionExpression: 'attribute_not_exists(pk)' },
});

const isThere = async (context: Context, { pk, sk, opener }: BatchRecord): Promise<boolean> => {
  const found = await context.store.get(context.table(), { pk, sk });
  return found?.opener === opener;
};

/** Puts a batch on a list: its place is a number without gaps, so that any page is found at once and the total is exact. */
async function listing(context: Context, list: string, id: string): Promise<Action[]> {
  const key = context.keys.listCount(list);
  const count = Number((await context.store.get(context.table(), key))?.n ?? 0);
  const Item = { ...key, n: count + 1 };
  const counted =
    count === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'n = :n', ExpressionAttributeValues: { ':n': count } };
  return [
    { Put: { TableName: context.table(), Item, ...counted } },
    fresh(context, { ...context.keys.listEntry(list, count + 1), id }),
  ];
}

const bytesOf = (items: Item[]): number =>
  items.reduce((sum, { operations }) => sum + Buffer.byteLength(String(operations)), 0);
