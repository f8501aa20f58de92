import { getAll } from '../dynamo/get-all.ts';
import { type Context, itemsIn } from './context.ts';
import { announced } from './finish.ts';
import { giveUp } from './give-up.ts';
import { asBatch, asEntry, type BatchRecord, hasEnded, isOver, type OpenEntry } from './record.ts';
import { sendChunk } from './tenant-queue.ts';
import { TRIES } from './work.ts';

/** How long nothing may happen to a tenant's batches before their messages count as lost, in milliseconds; and how long after each resend. */
const STALLED = 10_000;
const AGAIN = 20_000;

/** After how long without any progress what was sent again five times is given up, in milliseconds: longer than most outages. */
const HOPELESS = 40 * 60_000;

/** Ends were not heard by their listener: nothing is lost, the next sweep tells them again. */
class NotAnnounced extends Error {
  override readonly name = 'NotAnnounced';
}

/**
 * Sends again what was lost, announces what ended unannounced, and gives up what was sent again several times in vain. To be called every
 * minute. A message sent although the first still lives does no harm: a chunk is done once.
 *
 * @returns how many messages were sent again.
 * @throws NotAnnounced after everything else was done, so that somebody notices a listener that does not hear.
 */
export async function sweep(context: Context): Promise<number> {
  let sent = 0;
  let unheard = 0;
  for await (const batches of openByTenant(context)) {
    for (const { record } of batches) if (!(await announced(context, record))) unheard += 1;
    const open = batches.filter(({ record }) => !isOver(record));
    const patience = ({ progressAt, resends }: BatchRecord) =>
      Date.parse(progressAt) + STALLED + AGAIN * resends;
    const until = Math.max(...open.map(({ record }) => patience(record)));
    if (open.length > 0 && context.deps.now() >= until) sent += await resend(context, open);
  }
  if (unheard > 0) throw new NotAnnounced(`the ends of ${unheard} batches could not be announced`);
  return sent;
}

interface OpenBatch {
  entry: OpenEntry;
  record: BatchRecord;
}

/** The batches that are not off the list, tenant by tenant, each in the order of its turns. */
async function* openByTenant(context: Context): AsyncGenerator<OpenBatch[]> {
  let tenant: OpenEntry[] = [];
  for await (const item of itemsIn(context, context.keys.openOf())) {
    const entry = asEntry(item);
    if (tenant[0] && tenant[0].tenant !== entry.tenant) {
      yield await withRecords(context, tenant);
      tenant = [];
    }
    tenant.push(entry);
  }
  if (tenant.length > 0) yield await withRecords(context, tenant);
}

async function withRecords(context: Context, entries: OpenEntry[]): Promise<OpenBatch[]> {
  const keys = entries.map(({ id }) => context.keys.batch(id));
  const items = await getAll(context.store, context.table(), keys);
  return entries.flatMap((entry) => {
    const item = items.get(context.keys.batch(entry.id));
    return item ? [{ entry, record: asBatch(item) }] : [];
  });
}

/** Sends the first chunk of the tenant's that is not done, and up to there every chunk that waits for effects. */
async function resend(context: Context, batches: OpenBatch[]): Promise<number> {
  let sent = 0;
  for (const { entry, record } of batches) {
    const { open, waiting } = await undone(context, record);
    const idleFor = context.deps.now() - Date.parse(record.progressAt);
    if (record.resends >= TRIES && idleFor >= HOPELESS && waiting.length === 0) {
      for (const chunk of open) await giveUp(context, { batch: entry.id, chunk });
      continue;
    }
    // Each time in vain it is another one's turn, so that a chunk that kills whoever touches it keeps none of the others back.
    const first = open.length > 0 ? [open[record.resends % open.length] ?? 0] : [];
    const chunks = [...waiting, ...first];
    if (chunks.length > 0) await note(context, record);
    for (const chunk of chunks) await sendChunk(context, entry, chunk);
    sent += chunks.length;
    if (first.length > 0) break;
  }
  return sent;
}

/** The numbers of the chunks of a batch that are open, and of those that wait. */
async function undone(context: Context, record: BatchRecord): Promise<{ open: number[]; waiting: number[] }> {
  const open = new Set(hasEnded(record) ? [] : Array(record.chunks).keys());
  const waiting: number[] = [];
  const results = itemsIn(context, context.keys.resultsOf(record.id), ['chunk', 'state']);
  for await (const { chunk, state } of results) {
    open.delete(Number(chunk));
    if (state === 'waiting') waiting.push(Number(chunk));
  }
  return { open: [...open], waiting };
}

/** Remembers on the batch that it was sent again. Once it went on, it counts anew. */
async function note(context: Context, { pk, sk }: BatchRecord): Promise<void> {
  await context.store.update({
    TableName: context.table(),
    Key: { pk, sk },
    UpdateExpression: 'SET resends = resends + :one',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ':one': 1 },
  });
}
