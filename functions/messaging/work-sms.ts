import { consume } from '../../core/consume.ts';
import { asksForReceipts, chosenProvider } from './chosen-provider.ts';
import { optedOut } from './opted-out.ts';
import { awaitReceipt } from './receipt-questions.ts';
import { release } from './release.ts';
import { smsEngine, smsTables } from './sms-engine.ts';
import { smsJobs } from './sms-jobs.ts';

export const handler = consume(smsJobs.workSms, async (message, deliveries) => {
  const engine = smsEngine({
    provider: () => chosenProvider(Date.now()),
    optedOut,
    ...(asksForReceipts() ? { awaitReceipt: (record, to) => awaitReceipt(smsTables(), record, to) } : {}),
  });
  if ('due' in message)
    await release({ store: smsTables(), engine }, message.tenant, message.due, Date.now());
  else await engine.work(message, deliveries);
});
