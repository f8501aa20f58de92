import type { Action } from '../dynamo/store.ts';
import { assertVersion } from '../dynamo/version.ts';
import { invariant } from '../invariant.ts';
import { describe, log } from '../log.ts';
import { isCount } from './attributes.ts';
import { type ChunkMessage, chunkMessage } from './chunk-message.ts';
import { type Context, itemsIn } from './context.ts';
import { asBatch, asEntry, type BatchRecord, hasEnded, type OpenEntry, takesWork } from './record.ts';

/**
 * Chunks that are applied for one message, before a new message is sent. So another tenant waits for three
 * chunks of this one at most, however much this one has queued, and a chunk costs a third of a message.
 */
export const chunksPerMessageMax = 3;

/**
 * Operations of a chunk that may be unsettled when the tenant queue goes on: a reserve, so that a system that
 * runs side effects does not run out of them between two chunks.
 */
export const unsettledOperationsMax = 12;

/**
 * A tenant's queue of chunks, batch by batch. It has one message in flight, and the delivery that finishes a
 * chunk goes on with the next. One is enough: the chunks of a batch all count on its record, so two at once
 * would mostly conflict.
 */
export interface TenantQueue {
  /** Number of batches that have joined, so that a queue that becomes idle cannot miss one. */
  turn: number;
  /** True while a message is in flight. */
  busy: boolean;
}

export async function readTenantQueue(context: Context, tenant: string): Promise<TenantQueue> {
  const item = await context.store.get(context.table(), context.keys.tenantQueue(tenant));
  if (!item) return { turn: 0, busy: false };
  assertVersion(item, 'tenant queue');
  const { turn, busy } = item;
  invariant(isCount(turn) && typeof busy === 'boolean', 'a tenant queue has a turn and is busy or not');
  return { turn, busy };
}

/**
 * The part of a batch's opening that gives it the tenant's next turn. It fails if the queue has changed since
 * it was read.
 */
export const joinTenantQueue = (context: Context, tenant: string, { turn, busy }: TenantQueue): Action => ({
  Put: {
    TableName: context.table(),
    Item: { ...context.keys.tenantQueue(tenant), turn: turn + 1, busy: true },
    ...(turn === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'turn = :turn AND busy = :busy',
          ExpressionAttributeValues: { ':turn': turn, ':busy': busy },
        }),
  },
});

/**
 * The tenant queue's next message: the batch's next chunk, or the first of the tenant's next batch. Without
 * one the queue becomes idle.
 *
 * It is asked for once per chunk, by the delivery that finished the chunk. A lost or doubled message does no
 * harm: the sweep sends a lost one again, and a doubled one finds its chunk applied and ends there.
 *
 * @throws Unavailable at the deadline of the store.
 */
export async function nextMessage(
  context: Context,
  record: BatchRecord,
  finished: number,
): Promise<ChunkMessage | undefined> {
  const { tenant } = record;
  const chunk = finished + 1;
  if (chunk < record.chunks && takesWork(record)) return chunkMessage(record, chunk);
  const wait = context.store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const { turn } = await readTenantQueue(context, tenant);
    const next = await nextEntry(context, record);
    if (next) return chunkMessage(next, 0);
    if (await becomeIdle(context, tenant, turn)) return undefined;
    await wait();
  }
}

/**
 * Sends a message whose work is stored already. If that fails, the sweep sends it within a minute: an error
 * would make the caller do the same work again.
 */
export async function sendOrLeave(context: Context, message: ChunkMessage): Promise<void> {
  try {
    await context.send(message.tenant, message);
  } catch (error) {
    log('error', 'message of a batch left to the sweep', { batch: message.batch, ...describe(error) });
  }
}

/** Sends the tenant queue's next message, if there is one. */
export async function sendNext(context: Context, record: BatchRecord, finished: number): Promise<void> {
  const next = await nextMessage(context, record, finished);
  if (next) await context.send(next.tenant, next);
}

/** The first batch after this one in the tenant's order that has not ended. */
async function nextEntry(context: Context, { tenant, order }: BatchRecord): Promise<OpenEntry | undefined> {
  for await (const item of itemsIn(context, context.keys.openOf(tenant))) {
    const entry = asEntry(item);
    if (entry.sk <= order) continue;
    const record = await context.store.get(context.table(), context.keys.batch(entry.id));
    if (record && !hasEnded(asBatch(record))) return entry;
  }
  return undefined;
}

/** @returns false if a batch joined since `turn` was read. */
async function becomeIdle(context: Context, tenant: string, turn: number): Promise<boolean> {
  const { done } = await context.store.update({
    TableName: context.table(),
    Key: context.keys.tenantQueue(tenant),
    UpdateExpression: 'SET busy = :idle',
    ConditionExpression: 'turn = :turn',
    ExpressionAttributeValues: { ':idle': false, ':turn': turn },
  });
  return done;
}
