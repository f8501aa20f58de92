import { consume } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { receiptOf } from './sms/providers/aws.ts';
import { noteReceipt } from './sms/receipts/note.ts';
import { smsWorkers } from './sms/workers.ts';

export const handler = consume(smsWorkers.noteReceipt, async ({ type, ...ref }) => {
  const receipt = receiptOf(type);
  if (receipt) await noteReceipt(dynamo(), ref, receipt, Date.now());
});
