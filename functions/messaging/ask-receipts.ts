import { consume } from '../../core/consume.ts';
import { smsTables } from './sms/engine.ts';
import { asksForReceipts, chosenProvider } from './sms/providers/chosen.ts';
import { askForReceipts } from './sms/receipts/poll.ts';
import { smsWorkers } from './sms/workers.ts';

/** How long one run asks, in milliseconds: the next comes after five minutes. */
const RUN = 240_000;

export const handler = consume(smsWorkers.askReceipts, async () => {
  if (!asksForReceipts()) return;
  const provider = await chosenProvider(Date.now());
  await askForReceipts(smsTables(), provider, () => Date.now(), Date.now() + RUN);
});
