import { type Context, itemAt, queried, readAll, steadily } from './context.ts';
import { announced } from './finish.ts';
import { LANES, laneOf, sendChunk } from './lanes.ts';
import { asBatch, asChunk, asEntry, type BatchRecord, hasEnded, isOver, type OpenEntry } from './record.ts';
import { giveUp, TRIES } from './work.ts';

/** How long nothing may happen to a tenant's batches before their messages count as lost, in milliseconds; and how long after each resend. */
const STALLED = 10_000;
const AGAIN = 20_000;

/** After how long without any progress what was sent again five times is given up, in milliseconds: longer than most outages. */
const HOPELESS = 40 * 60_000;

/** Batches whose records are read at once. */
const PAGE = 100;

/**
 * Sends again what was lost, announces what ended unannounced, and gives up what was sent again several times in vain. To be called every
 * minute. A message sent although the first still lives does no harm: a chunk is done once.
 *
 * @returns how many messages were sent again.
 */
export async function sweep(context: Context): Promise<number> {
  let sent = 0;
  for await (const batches of openByTenant(context)) {
    for (const { record } of batches) if (isOver(record)) await announced(context, record);
    const open = batches.filter(({ record }) => !isOver(record));
    const patience = ({ progressAt, resends }: BatchRecord) =>
      Date.parse(progressAt) + STALLED + AGAIN * resends;
    const until = Math.max(...open.map(({ record }) => patience(record)));
    if (open.length > 0 && context.world.now() >= until) sent += await resend(context, open);
  }
  return sent;
}

interface OpenBatch {
  entry: OpenEntry;
  record: BatchRecord;
}

/** The batches that are not off the list, tenant by tenant, each in the order of its turns. */
async function* openByTenant(context: Context): AsyncGenerator<OpenBatch[]> {
  let tenant: OpenEntry[] = [];
  for await (const item of queried(context, context.keys.openOf())) {
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
  const found: OpenBatch[] = [];
  for (let from = 0; from < entries.length; from += PAGE) {
    const some = entries.slice(from, from + PAGE);
    const keys = some.map(({ id }) => context.keys.batch(id));
    const items = await readAll(context, context.table(), keys);
    for (const [index, entry] of some.entries()) {
      const item = itemAt(items, keys[index] ?? entry);
      if (item) found.push({ entry, record: asBatch(item) });
    }
  }
  return found;
}

/** Sends for each lane the first chunk that is not done, and every chunk that waits. */
async function resend(context: Context, batches: OpenBatch[]): Promise<number> {
  const idle = new Set(Array.from({ length: LANES }, (_, lane) => lane));
  let sent = 0;
  for (const { entry, record } of batches) {
    if (idle.size === 0) break;
    const todo = { open: [] as number[], waiting: [] as number[] };
    for await (const item of queried(context, context.keys.chunksOf(entry.id), {
      attributes: ['chunk', 'state'],
    })) {
      const { chunk, state } = asChunk(item);
      if (state === 'waiting' || (state === 'open' && !hasEnded(record))) todo[state].push(chunk);
    }
    const idleFor = context.world.now() - Date.parse(record.progressAt);
    if (record.resends >= TRIES && idleFor >= HOPELESS && todo.waiting.length === 0) {
      for (const chunk of todo.open) await giveUp(context, { batch: entry.id, chunk });
      continue;
    }
    const first = [...idle].flatMap((lane) => {
      const its = todo.open.filter((chunk) => laneOf(chunk) === lane);
      // Each time in vain it is another one's turn, so that a chunk that kills whoever touches it keeps none of the others back.
      return its[record.resends % its.length] ?? [];
    });
    const chunks = [...todo.waiting, ...first];
    if (chunks.length > 0) await note(context, record);
    for (const chunk of chunks) await sendChunk(context, entry, chunk);
    for (const chunk of first) idle.delete(laneOf(chunk));
    sent += chunks.length;
  }
  return sent;
}

/** Remembers on the batch that it was sent again. Once it went on, it counts anew. */
async function note(context: Context, { pk, sk }: BatchRecord): Promise<void> {
  await steadily(context, () =>
    context.store.update({
      TableName: context.table(),
      Key: { pk, sk },
      UpdateExpression: 'SET resends = resends + :one',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':one': 1 },
    }),
  );
}
