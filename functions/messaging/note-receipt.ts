import { consume } from '../../core/consume.ts';
import { receiptOf } from './aws-sms.ts';
import { noteReceipt } from './receipts.ts';
import { smsTables } from './sms-engine.ts';
import { smsJobs } from './sms-jobs.ts';

export const handler = consume(smsJobs.noteReceipt, async ({ type, ...ref }) => {
  const receipt = receiptOf(type);
  if (receipt) await noteReceipt(smsTables(), ref, receipt, Date.now());
});
