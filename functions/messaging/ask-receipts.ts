import { consume } from '../../core/consume.ts';
import { asksForReceipts, chosenProvider } from './chosen-provider.ts';
import { messagingJobs } from './jobs.ts';
import { askForReceipts } from './receipt-questions.ts';

/** How long one run asks, in milliseconds: the next comes after five minutes. */
const RUN = 240_000;

export const handler = consume(messagingJobs.askReceipts, async () => {
  if (!asksForReceipts()) return;
  const provider = await chosenProvider(Date.now());
  await askForReceipts(provider, () => Date.now(), Date.now() + RUN);
});
