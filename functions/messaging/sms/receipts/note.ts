import { timestamp } from '../../../../core/clock.ts';
import type { RetryingStore } from '../../../../core/dynamo/retry.ts';
import { tableName } from '../../../../core/dynamo/tables.ts';
import { transactAgain } from '../../../../core/dynamo/transact-again.ts';
import { smsKeys } from '../batch.ts';
import { placeOfMessage } from '../messages/id.ts';
import type { Receipt } from '../providers/provider.ts';

/**
 * Records a receipt of a message. It is idempotent: of receipts that come twice or out of order, only the
 * first final one counts. It also proves that a message without an answer was sent; the batch engine finds
 * that when the chunk is delivered again.
 *
 * A receipt for an unknown message is ignored.
 *
 * @param now milliseconds since the epoch.
 */
export async function noteReceipt(
  store: RetryingStore,
  { tenant, message }: { tenant: string; message: string },
  receipt: Receipt,
  now: number,
): Promise<void> {
  const place = placeOfMessage(message);
  if (!place) return;
  const TableName = tableName('messaging');
  const isFinal = receipt.state !== 'sent';
  const assignments = [
    '#state = :state',
    'updatedAt = :now',
    'providerId = if_not_exists(providerId, :byReceipt)',
    'sentAt = if_not_exists(sentAt, :now)',
    ...(receipt.state === 'failed' ? ['code = :code'] : []),
  ];
  const update = {
    TableName,
    Key: smsKeys.message(tenant, message),
    UpdateExpression: `SET ${assignments.join(', ')}`,
    ConditionExpression: isFinal ? '#state IN (:sending, :unknown, :sent)' : '#state IN (:sending, :unknown)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':state': receipt.state,
      ':now': timestamp(now),
      ':byReceipt': '',
      ':sending': 'sending',
      ':unknown': 'unknown',
      ...(isFinal ? { ':sent': 'sent' } : {}),
      ...(receipt.state === 'failed' ? { ':code': receipt.code } : {}),
    },
  };
  if (!isFinal) {
    await store.update(update);
    return;
  }
  // The counter moves in the same transaction, so that a duplicate receipt counts once.
  const counted = {
    TableName,
    Key: smsKeys.receiptCounter(tenant, place.batchId, place.n),
    UpdateExpression: 'ADD #state :one',
    ExpressionAttributeNames: { '#state': receipt.state },
    ExpressionAttributeValues: { ':one': 1 },
  };
  await transactAgain(store, [{ Update: update }, { Update: counted }]);
}
