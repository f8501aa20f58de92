import { consume } from '../../core/consume.ts';
import { receiptOf } from './aws-sms.ts';
import { messagingJobs } from './jobs.ts';
import { noteReceipt } from './receipts.ts';
import { smsTables } from './sms-engine.ts';

export const handler = consume(messagingJobs.noteReceipt, async ({ type, ...ref }) => {
  const receipt = receiptOf(type);
  if (receipt) await noteReceipt(smsTables(), ref, receipt, Date.now());
});
