import type { Action } from '../transaction/store.ts';
import { type ChunkMessage, type Context, itemAt, queried, readAll, steadily } from './context.ts';
import { asBatch, asEntry, type BatchRecord, hasEnded, type OpenEntry, takesWork } from './record.ts';

/**
 * How many chunks of one tenant are on their way at once. So another tenant's message waits for two chunks of this one at most, however
 * much this one has queued. Two, so that one is worked on while the other's message travels.
 */
export const LANES = 2;

/**
 * A tenant's lanes. A lane takes every second chunk of the tenant's batches, batch by batch, and has one message on its way: whoever
 * finishes a chunk sends the lane's next. `turn` counts the batches that joined, so an idle lane cannot overlook one.
 */
export interface Lanes {
  turn: number;
  busy: boolean[];
}

const flag = (lane: number) => `busy${lane}`;
const everyLane = Array.from({ length: LANES }, (_, lane) => lane);

export async function readLanes(context: Context, tenant: string): Promise<Lanes> {
  const item = await steadily(context, () => context.store.get(context.table(), context.keys.lanes(tenant)));
  return { turn: Number(item?.turn ?? 0), busy: everyLane.map((lane) => item?.[flag(lane)] === true) };
}

/** The lanes that a new batch has to set going, since they are idle and it has a chunk for them. */
export const toWake = ({ busy }: Lanes, chunks: number): number[] =>
  everyLane.filter((lane) => lane < chunks && !busy[lane]);

/** The part of a batch's opening that gives it the tenant's next turn. It fails if the lanes are not as they were read. */
export function joining(context: Context, tenant: string, lanes: Lanes, chunks: number): Action {
  const awake = new Set(toWake(lanes, chunks));
  const busy = everyLane.map((lane) => [flag(lane), lanes.busy[lane] || awake.has(lane)] as const);
  return {
    Put: {
      TableName: context.table(),
      Item: { ...context.keys.lanes(tenant), turn: lanes.turn + 1, ...Object.fromEntries(busy) },
      ...unchanged(lanes),
    },
  };
}

const unchanged = (lanes: Lanes) =>
  lanes.turn === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: ['turn = :turn', ...everyLane.map((lane) => `${flag(lane)} = :${lane}`)].join(
          ' AND ',
        ),
        ExpressionAttributeValues: {
          ':turn': lanes.turn,
          ...Object.fromEntries(everyLane.map((lane) => [`:${lane}`, lanes.busy[lane]])),
        },
      };

/** The lane that a chunk belongs to. The first chunk of a lane has its number. */
export const laneOf = (chunk: number): number => chunk % LANES;

export async function sendChunk(context: Context, entry: OpenEntry, chunk: number): Promise<void> {
  const message: ChunkMessage = { version: 1, tenant: entry.tenant, batch: entry.id, chunk };
  await context.send(entry.tenant, message);
}

/**
 * Sends a lane's next message: the batch's next chunk, or the first of the tenant's next batch; or lets the lane rest.
 *
 * Called once for each chunk, by whoever finished it. A message that is lost, or sent twice, does no harm: the sweep sends the first again,
 * and the second finds its chunk done and ends there.
 */
export async function passOn(
  context: Context,
  record: BatchRecord,
  message: Pick<ChunkMessage, 'tenant' | 'chunk'>,
): Promise<void> {
  const { tenant } = message;
  const lane = laneOf(message.chunk);
  const chunk = message.chunk + LANES;
  if (chunk < record.chunks && takesWork(record)) {
    await context.send(tenant, { version: 1, tenant, batch: record.id, chunk });
    return;
  }
  for (;;) {
    const { turn } = await readLanes(context, tenant);
    const next = await nextEntry(context, tenant, record.order, lane);
    if (next) {
      await sendChunk(context, next, lane);
      return;
    }
    if (await rest(context, tenant, lane, turn)) return;
  }
}

/** The first batch after this place in the tenant's order that has work for the lane. */
async function nextEntry(
  context: Context,
  tenant: string,
  after: string,
  lane: number,
): Promise<OpenEntry | undefined> {
  for await (const item of queried(context, context.keys.openOf(tenant))) {
    const entry = asEntry(item);
    if (entry.sk <= after || lane >= entry.chunks) continue;
    const key = context.keys.batch(entry.id);
    const record = itemAt(await readAll(context, context.table(), [key]), key);
    if (record && !hasEnded(asBatch(record))) return entry;
  }
  return undefined;
}

/** Marks a lane as idle, unless a batch joined since `turn` was read. */
async function rest(context: Context, tenant: string, lane: number, turn: number): Promise<boolean> {
  const { done } = await steadily(context, () =>
    context.store.update({
      TableName: context.table(),
      Key: context.keys.lanes(tenant),
      UpdateExpression: 'SET #lane = :idle',
      ConditionExpression: 'turn = :turn',
      ExpressionAttributeNames: { '#lane': flag(lane) },
      ExpressionAttributeValues: { ':idle': false, ':turn': turn },
    }),
  );
  return done;
}
