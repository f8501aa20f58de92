import { randomUUID } from 'node:crypto';
import type { Engine } from '../../../core/batch/engine.ts';
import { NotOpened } from '../../../core/batch/open.ts';
import type { Batch } from '../../../core/batch/record.ts';
import { timestamp } from '../../../core/clock.ts';
import { itemsOf } from '../../../core/dynamo/items-of.ts';
import type { Item, Store } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { send } from '../../../core/queue.ts';
import { asDueEntry, asSmsBatch, type SmsBatch, smsKeys } from './batch.ts';
import { sweepAtOf } from './store.ts';

/** What releasing a batch needs from the world; a test provides its own. */
export interface ReleaseDeps {
  store: Store;
  engine: Pick<Engine, 'open' | 'cancel'>;
}

/**
 * How far ahead of their time batches are looked for, in milliseconds: more than a minute, since the sweep comes each minute, and less than the
 * 15 minutes that a message of the queue may be delayed.
 */
const releaseAheadMs = 120_000;

/** What the queue is told when a batch is due. */
interface DueMessage {
  version: 1;
  tenant: string;
  due: string;
}

/**
 * Hands a batch to the engine, once, whoever tries: the engine's batch is opened in the transaction that marks it as released, under a name
 * that only this attempt has.
 *
 * @param now milliseconds since the epoch; before its time a batch is left alone.
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
          // It holds again after it took effect: a transaction whose answer was lost is made again.
          ConditionExpression: '#state = :waiting OR engineId = :engine',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':released': 'released', ':waiting': 'waiting', ':engine': engineId },
        },
      });
    } catch (error) {
      // Somebody else released it, or it was cancelled.
      if (!(error instanceof NotOpened)) throw error;
    }
  }
  await store.remove({ TableName: tableName('messaging'), Key: smsKeys.due(batch, sweepAtOf(batch)) });
}

/** How a cancel ended: what is in it is final, but for messages that were being sent. */
export type Cancelled = { canceled: boolean; batch: SmsBatch; progress: Batch | undefined };

/** Ends a batch: messages that were not being sent never will be. */
export async function cancelBatch({ store, engine }: ReleaseDeps, batch: SmsBatch): Promise<Cancelled> {
  const { done, item } = await store.update({
    TableName: tableName('messaging'),
    Key: smsKeys.batch(batch.tenant, batch.id),
    UpdateExpression: 'SET #state = :canceled',
    ConditionExpression: '#state IN (:waiting, :expected)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':canceled': 'canceled', ':waiting': 'waiting', ':expected': 'expected' },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  const current = item ? asSmsBatch(item) : batch;
  if (done) {
    await store.remove({ TableName: tableName('messaging'), Key: smsKeys.due(batch, sweepAtOf(batch)) });
    return { canceled: true, batch: current, progress: undefined };
  }
  const ended = current.engineId ? await engine.cancel(current.engineId) : undefined;
  return { canceled: ended?.canceled ?? false, batch: current, progress: ended?.batch };
}

/** Whether a batch comes soon enough for its message to be sent now. */
export const isDueSoon = (dueAt: string, now: number): boolean => Date.parse(dueAt) <= now + releaseAheadMs;

/** Has a batch released at its time, to the second. */
export async function sendDueMessage(
  { tenant, id, dueAt }: Pick<SmsBatch, 'tenant' | 'id' | 'dueAt'>,
  now: number,
) {
  const message: DueMessage = { version: 1, tenant, due: id };
  await send('smsBatches', tenant, message, (Date.parse(dueAt) - now) / 1_000);
}

/** Sends a message for each batch that is due soon, or was and was not released. @returns how many. */
export async function sweepDue(store: Store, now: number): Promise<number> {
  let sent = 0;
  for await (const item of dueBefore(store, timestamp(now + releaseAheadMs))) {
    await sendDueMessage(asDueEntry(item), now);
    sent += 1;
  }
  return sent;
}

const dueBefore = (store: Store, until: string): AsyncGenerator<Item> =>
  itemsOf(store, {
    TableName: tableName('messaging'),
    KeyConditionExpression: 'pk = :pk AND sk < :until',
    ExpressionAttributeValues: {
      ':pk': smsKeys.due({ tenant: '', id: '', createdAt: '' }, '').pk,
      ':until': until,
    },
  });
