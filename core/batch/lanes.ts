import type { Action } from '../transaction/store.ts';
import { type ChunkMessage, type Context, itemAt, queried, readAll, steadily } from './context.ts';
import { asBatch, asEntry, type BatchRecord, hasEnded, type OpenEntry, takesWork } from './record.ts';

/**
 * How many messages of one tenant are on their way at once. One, since chunks of a batch all count on its record: two at once would mostly
 * be in each other's way.
 */
export const LANES = 1;

/**
 * How many chunks are done for one message before the lane's next is sent. So another tenant waits for three chunks of this one at most,
 * however much this one has queued, and a chunk costs a third of a message.
 */
export const RUN = 3;

/** With how many operations left to settle a chunk lets the lane go on: whoever brings effects about should not run out of them. */
export const NEARLY_SETTLED = 12;

/**
 * A tenant's lanes. A lane takes the chunks of the tenant's batches, batch by batch, and has one message on its way: whoever finishes
 * a chunk goes on with the lane's next. `turn` counts the batches that joined, so an idle lane cannot overlook one.
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
 * A lane's next message: the batch's next chunk, or the first of the tenant's next batch. Without one the lane rests.
 *
 * Asked once for each chunk, by whoever finished it. A message that is lost, or sent twice, does no harm: the sweep sends the first again,
 * and the second finds its chunk done and ends there.
 */
export async function following(
  context: Context,
  record: BatchRecord,
  { tenant, chunk: finished }: Pick<ChunkMessage, 'tenant' | 'chunk'>,
): Promise<ChunkMessage | undefined> {
  const lane = laneOf(finished);
  const chunk = finished + LANES;
  if (chunk < record.chunks && takesWork(record)) return { version: 1, tenant, batch: record.id, chunk };
  for (;;) {
    const { turn } = await readLanes(context, tenant);
    const next = await nextEntry(context, tenant, record.order, lane);
    if (next) return { version: 1, tenant, batch: next.id, chunk: lane };
    if (await rest(context, tenant, lane, turn)) return undefined;
  }
}

/** Sends a lane's next message, if it has one. */
export async function passOn(
  context: Context,
  record: BatchRecord,
  finished: Pick<ChunkMessage, 'tenant' | 'chunk'>,
): Promise<void> {
  const next = await following(context, record, finished);
  if (next) await context.send(next.tenant, next);
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
