import { consume } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { recordCarrierOptOut } from './contacts/carrier-opt-out.ts';
import { optedOutCode } from './sms/messages/record.ts';
import { receiptOf } from './sms/providers/aws.ts';
import { noteReceipt } from './sms/receipts/note.ts';
import { phoneOfMessage } from './sms/store.ts';
import { smsWorkers } from './sms/workers.ts';

export const handler = consume(smsWorkers.noteReceipt, async ({ type, ...ref }) => {
  const receipt = receiptOf(type);
  if (!receipt) return;
  const now = Date.now();
  // The opt-out first: a delivery that dies here is repeated.
  if (receipt.state === 'failed' && receipt.code === optedOutCode) {
    const phone = await phoneOfMessage(ref);
    if (phone) await recordCarrierOptOut(ref.tenant, [phone], now);
  }
  await noteReceipt(dynamo(), ref, receipt, now);
});
