import { consume } from '../../core/consume.ts';
import { smsTables } from './sms/engine.ts';
import { receiptOf } from './sms/providers/aws.ts';
import { noteReceipt } from './sms/receipts/note.ts';
import { smsWorkers } from './sms/workers.ts';

export const handler = consume(smsWorkers.noteReceipt, async ({ type, ...ref }) => {
  const receipt = receiptOf(type);
  if (receipt) await noteReceipt(smsTables(), ref, receipt, Date.now());
});
