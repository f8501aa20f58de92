import { consume } from '../../core/consume.ts';
import { asksForReceipts, chosenProvider } from './chosen-provider.ts';
import { askForReceipts } from './receipt-questions.ts';
import { smsTables } from './sms-engine.ts';
import { smsJobs } from './sms-jobs.ts';

/** How long one run asks, in milliseconds: the next comes after five minutes. */
const RUN = 240_000;

export const handler = consume(smsJobs.askReceipts, async () => {
  if (!asksForReceipts()) return;
  const provider = await chosenProvider(Date.now());
  await askForReceipts(smsTables(), provider, () => Date.now(), Date.now() + RUN);
});
