import type { Store } from '../../core/dynamo/store.ts';
import { smsKeys } from '../../functions/messaging/sms/batch.ts';
import { placeOfMessage } from '../../functions/messaging/sms/messages/id.ts';
import { asMessage, type MessageState } from '../../functions/messaging/sms/messages/record.ts';
import { receiptIn } from '../../functions/messaging/sms/receipts/pack.ts';

/** The states of those of these messages that have a record: what a final receipt says, else the record. */
export async function messageStates(
  store: Store,
  table: string,
  tenant: string,
  messages: readonly string[],
): Promise<Map<string, MessageState>> {
  const states = new Map<string, MessageState>();
  for (const message of messages) {
    const place = placeOfMessage(message);
    const item = await store.get(table, smsKeys.message(tenant, message));
    if (!place || !item) continue;
    const pack = await store.get(table, smsKeys.receiptPack(tenant, place.batchId, place.n));
    states.set(message, receiptIn(pack, place.n)?.state ?? asMessage(item).state);
  }
  return states;
}
