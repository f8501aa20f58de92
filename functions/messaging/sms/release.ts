import { randomUUID } from 'node:crypto';
import type { Engine } from '../../../core/batch/engine.ts';
import { NotOpened } from '../../../core/batch/open.ts';
import type { Batch } from '../../../core/batch/record.ts';
import { timestamp } from '../../../core/clock.ts';
import { queryAll } from '../../../core/dynamo/query-all.ts';
import type { Item, Store } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { send } from '../../../core/queue.ts';
import { sweepInParts } from '../../../core/sweep.ts';
import { asDueEntry, asSmsBatch, type SmsBatch, smsKeys } from './batch.ts';
import { sweepAtOf } from './store.ts';

/** Deps of releasing a batch; a test provides its own. */
export interface ReleaseDeps {
  store: Store;
  engine: Pick<Engine, 'open' | 'cancel'>;
}

/**
 * Time before a batch is due at which its queue message is sent, with a delay. More than a minute, because
 * the sweep runs every minute, and less than 15 minutes, the maximum delay of a queue message.
 */
const releaseAheadMs = 120_000;

/** Queue message for a batch that is due. */
interface DueMessage {
  version: 1;
  tenant: string;
  due: string;
}

/**
 * Releases a due batch to the batch engine, exactly once even if several callers try: one transaction opens
 * the engine's batch, under an id unique to this attempt, and marks the SMS batch as released.
 *
 * @param now milliseconds since the epoch; a batch that is not due yet is left unchanged.
 */
export async function release(
  { store, engine }: ReleaseDeps,
  tenant: string,
  id: string,
  now: number,
): Promise<void> {
  const key = smsKeys.batch(tenant, id);
  const item = await store.get(tableName('messaging'), key);
  if (!item) return;
  const batch = asSmsBatch(item);
  if (batch.state === 'waiting') {
    if (Date.parse(batch.dueAt) > now) return;
    const engineId = `${id}.${randomUUID()}`;
    try {
      await engine.open({
        ...{ id: engineId, kind: 'sms', tenant, user: batch.user, details: { sms: id } },
        operations: Array.from({ length: batch.total }, (_, n) => ({ data: n })),
        answer: {
          TableName: tableName('messaging'),
          Key: key,
          UpdateExpression: 'SET #state = :released, engineId = :engine',
          // It also holds after it took effect, since a transaction whose answer was lost is repeated.
          ConditionExpression: '#state = :waiting OR engineId = :engine',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':released': 'released', ':waiting': 'waiting', ':engine': engineId },
        },
      });
    } catch (error) {
      // Another caller released the batch, or it was cancelled.
      if (!(error instanceof NotOpened)) throw error;
    }
  }
  await store.remove({ TableName: tableName('messaging'), Key: smsKeys.due(batch, sweepAtOf(batch)) });
}

/** Result of a cancellation. Its progress is final, except for messages that were being sent. */
export type Cancelled = { canceled: boolean; batch: SmsBatch; progress: Batch | undefined };

/** Cancels a batch: messages that are not being sent at this moment never will be. */
export async function cancelBatch({ store, engine }: ReleaseDeps, batch: SmsBatch): Promise<Cancelled> {
  const canceledBy = randomUUID();
  const { done, item } = await store.update({
    TableName: tableName('messaging'),
    Key: smsKeys.batch(batch.tenant, batch.id),
    UpdateExpression: 'SET #state = :canceled, canceledBy = :canceledBy',
    ConditionExpression: '#state IN (:waiting, :expected)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ...{ ':canceled': 'canceled', ':canceledBy': canceledBy },
      ...{ ':waiting': 'waiting', ':expected': 'expected' },
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  const current = item ? asSmsBatch(item) : batch;
  // A write that is sent again after a lost answer finds its own cancellation.
  if (done || item?.canceledBy === canceledBy) {
    await store.remove({ TableName: tableName('messaging'), Key: smsKeys.due(batch, sweepAtOf(batch)) });
    return { canceled: true, batch: current, progress: undefined };
  }
  const ended = current.engineId ? await engine.cancel(current.engineId) : undefined;
  return { canceled: ended?.canceled ?? false, batch: current, progress: ended?.batch };
}

/** True if a batch is due so soon that its queue message can be sent now. */
export const isDueSoon = (dueAt: string, now: number): boolean => Date.parse(dueAt) <= now + releaseAheadMs;

/** Sends the queue message that releases a batch at its due time, to the second. */
export async function sendDueMessage(
  { tenant, id, dueAt }: Pick<SmsBatch, 'tenant' | 'id' | 'dueAt'>,
  now: number,
) {
  const message: DueMessage = { version: 1, tenant, due: id };
  await send('smsBatches', tenant, message, (Date.parse(dueAt) - now) / 1_000);
}

/**
 * Sends a queue message for each batch that is due soon, or overdue and not released. @returns their number.
 */
export async function sweepDue(store: Store, now: number): Promise<number> {
  let sent = 0;
  const parts = sweepInParts('due SMS batches');
  for await (const item of dueBefore(store, timestamp(now + releaseAheadMs))) {
    await parts.run(async () => {
      await sendDueMessage(asDueEntry(item), now);
      sent += 1;
    });
  }
  parts.finish();
  return sent;
}

const dueBefore = (store: Store, until: string): AsyncGenerator<Item> =>
  queryAll(store, {
    table: tableName('messaging'),
    range: { pk: smsKeys.due({ tenant: '', id: '', createdAt: '' }, '').pk, before: until },
  });
