import { timestamp } from '../clock.ts';
import type { Context } from './context.ts';
import { asBatch, type Batch, batchOf } from './record.ts';
import { reportEnded } from './report-ended.ts';

/**
 * Cancels a batch: exactly the operations of chunks that were not applied are counted as canceled, for good.
 * A chunk whose transaction is under way is either counted before the cancel or not applied at all. Only
 * claimed operations (`inFlight`) still end.
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
  if (!item) return undefined;
  const record = asBatch(item);
  // If the answer of an earlier sending was lost, the cancel finds its own id.
  const canceled = done || record.canceledBy === by;
  if (canceled) await reportEnded(context, record);
  return { canceled, batch: batchOf(record) };
}
