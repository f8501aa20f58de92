import type { Action } from '../dynamo/store.ts';
import type { ChunkMessage } from './chunk-message.ts';
import { type Context, itemsIn } from './context.ts';
import { asBatch, asEntry, type BatchRecord, hasEnded, type OpenEntry, takesWork } from './record.ts';

/**
 * How many chunks are done for one message before the lane's next is sent. So another tenant waits for three chunks of this one at most,
 * however much this one has queued, and a chunk costs a third of a message.
 */
export const RUN = 3;

/** With how many operations left to settle a chunk lets the lane go on: whoever brings effects about should not run out of them. */
export const NEARLY_SETTLED = 12;

/**
 * A tenant's lane. It takes the chunks of the tenant's batches, batch by batch, and has one message on its way: whoever finishes a chunk goes
 * on with the lane's next. One is enough, since chunks of a batch all count on its record: two at once would mostly be in each other's way.
 */
export interface Lane {
  /** Counts the batches that joined, so that a lane which comes to rest cannot overlook one. */
  turn: number;
  busy: boolean;
}

export async function readLane(context: Context, tenant: string): Promise<Lane> {
  const item = await context.store.get(context.table(), context.keys.lane(tenant));
  return { turn: Number(item?.turn ?? 0), busy: item?.busy === true };
}

/** The part of a batch's opening that gives it the tenant's next turn. It fails if the lane is not as it was read. */
export const joining = (context: Context, tenant: string, { turn, busy }: Lane): Action => ({
  Put: {
    TableName: context.table(),
    Item: { ...context.keys.lane(tenant), turn: turn + 1, busy: true },
    ...(turn === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'turn = :turn AND busy = :busy',
          ExpressionAttributeValues: { ':turn': turn, ':busy': busy },
        }),
  },
});

export async function sendChunk(context: Context, { tenant, id }: OpenEntry, chunk: number): Promise<void> {
  await context.send(tenant, { version: 1, tenant, batch: id, chunk });
}

/**
 * A lane's next message: the batch's next chunk, or the first of the tenant's next batch. Without one the lane rests.
 *
 * Asked once for each chunk, by whoever finished it. A message that is lost, or sent twice, does no harm: the sweep sends the first again,
 * and the second finds its chunk done and ends there.
 */
export async function following(
  context: Context,
  record: BatchRecord,
  finished: number,
): Promise<ChunkMessage | undefined> {
  const { tenant } = record;
  const chunk = finished + 1;
  if (chunk < record.chunks && takesWork(record)) return { version: 1, tenant, batch: record.id, chunk };
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const { turn } = await readLane(context, tenant);
    const next = await nextEntry(context, record);
    if (next) return { version: 1, tenant, batch: next.id, chunk: 0 };
    if (await rest(context, tenant, turn)) return undefined;
    await wait();
  }
}

/** Sends a lane's next message, if it has one. */
export async function passOn(context: Context, record: BatchRecord, finished: number): Promise<void> {
  const next = await following(context, record, finished);
  if (next) await context.send(next.tenant, next);
}

/** The first batch after this one in the tenant's order that has not ended. */
async function nextEntry(context: Context, { tenant, order }: BatchRecord): Promise<OpenEntry | undefined> {
  for await (const item of itemsIn(context, context.keys.openOf(tenant))) {
    const entry = asEntry(item);
    if (entry.sk <= order) continue;
    const key = context.keys.batch(entry.id);
    const record = await context.store.get(context.table(), key);
    if (record && !hasEnded(asBatch(record))) return entry;
  }
  return undefined;
}

/** Marks a lane as idle, unless a batch joined since `turn` was read. */
async function rest(context: Context, tenant: string, turn: number): Promise<boolean> {
  const { done } = await context.store.update({
    TableName: context.table(),
    Key: context.keys.lane(tenant),
    UpdateExpression: 'SET busy = :idle',
    ConditionExpression: 'turn = :turn',
    ExpressionAttributeValues: { ':idle': false, ':turn': turn },
  });
  return done;
}
