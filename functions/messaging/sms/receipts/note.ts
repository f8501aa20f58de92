import { timestamp } from '../../../../core/clock.ts';
import type { Store } from '../../../../core/dynamo/store.ts';
import { tableName } from '../../../../core/dynamo/tables.ts';
import { smsKeys } from '../batch.ts';
import { placeOfMessage } from '../messages/id.ts';
import type { Receipt } from '../providers/provider.ts';

/**
 * Notes what a receipt says of a message: once for each final state, whatever comes twice or out of order. A message whose answer was lost is
 * known to be sent from then on; the batch engine finds that when it next looks.
 *
 * A receipt that names none of our messages is ignored.
 *
 * @param now milliseconds since the epoch.
 */
export async function noteReceipt(
  store: Store,
  { tenant, message }: { tenant: string; message: string },
  receipt: Receipt,
  now: number,
): Promise<void> {
  const place = placeOfMessage(message);
  if (!place) return;
  const TableName = tableName('messaging');
  const isFinal = receipt.state !== 'sent';
  const update = {
    TableName,
    Key: smsKeys.message(tenant, message),
    UpdateExpression: `SET #state = :state, updatedAt = :now, providerId = if_not_exists(providerId, :byReceipt), sentAt = if_not_exists(sentAt, :now)${receipt.state === 'failed' ? ', code = :code' : ''}`,
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
  // Counted in the same transaction, so that a receipt that comes twice counts once.
  const counted = {
    TableName,
    Key: smsKeys.receipts(tenant, place.batchId),
    UpdateExpression: 'ADD #state :one',
    ExpressionAttributeNames: { '#state': receipt.state },
    ExpressionAttributeValues: { ':one': 1 },
  };
  await store.transact([{ Update: update }, { Update: counted }]);
}
