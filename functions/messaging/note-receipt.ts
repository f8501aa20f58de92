import type * as z from 'zod';
import { consumeTogether } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { recordCarrierOptOut } from './contacts/carrier-opt-out.ts';
import { optedOutCode } from './sms/messages/record.ts';
import { receiptOf } from './sms/providers/aws.ts';
import { type MessageReceipt, noteReceipts } from './sms/receipts/note.ts';
import { phoneOfMessage } from './sms/store.ts';
import { smsWorkers } from './sms/workers.ts';

/** The receipt that an event of AWS is; none, for events that say nothing about a message's delivery. */
function receiptIn({
  tenant,
  message,
  type,
}: z.output<typeof smsWorkers.noteReceipt.message>): MessageReceipt[] {
  const receipt = receiptOf(type);
  return receipt ? [{ tenant, message, receipt }] : [];
}

export const handler = consumeTogether(smsWorkers.noteReceipt, async (events) => {
  const receipts = events.flatMap(receiptIn);
  const now = Date.now();
  // The opt-outs first: a delivery that dies here is repeated.
  for (const { tenant, message, receipt } of receipts) {
    if (receipt.state !== 'failed' || receipt.code !== optedOutCode) continue;
    const phone = await phoneOfMessage({ tenant, message });
    if (phone) await recordCarrierOptOut(tenant, [phone], now);
  }
  await noteReceipts(dynamo(), receipts, now);
});
