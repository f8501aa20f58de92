import { timestamp } from '../clock.ts';
import type { Context } from './context.ts';
import { announced } from './finish.ts';
import { asBatch, type Batch, batchOf } from './record.ts';

/**
 * Cancels a batch: everything that no chunk was done of, and nothing else, is counted as canceled, for ever. A chunk in flight is either
 * counted before or not done at all. Only claims of effects outside (`inFlight`) still end by themselves.
 *
 * @returns the batch as the cancel made it, or as it is if it had ended before; `undefined` if there is none.
 */
export async function cancel(
  context: Context,
  id: string,
): Promise<{ canceled: boolean; batch: Batch } | undefined> {
  const by = context.deps.unique();
  const { done, item } = await context.store.update({
    TableName: context.table(),
    Key: context.keys.batch(id),
    UpdateExpression:
      'SET #status = :canceled, canceled = remaining, remaining = :zero, endedAt = :now, progressAt = :now, canceledBy = :by',
    ConditionExpression: '#status IN (:pending, :processing)',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: {
      ':canceled': 'canceled',
      ':pending': 'pending',
      ':processing': 'processing',
      ':zero': 0,
      ':now': timestamp(context.deps.now()),
      ':by': by,
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  if (!item?.status) return undefined;
  const record = asBatch(item);
  // A cancel whose answer was lost finds its own work.
  const canceled = done || item.canceledBy === by;
  if (canceled) await announced(context, record);
  return { canceled, batch: batchOf(record) };
}
