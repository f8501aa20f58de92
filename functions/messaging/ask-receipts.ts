import { consume } from '../../core/consume.ts';
import { smsTables } from './sms/engine.ts';
import { chosenProvider, mustPollReceipts } from './sms/providers/chosen.ts';
import { pollReceipts } from './sms/receipts/poll.ts';
import { smsWorkers } from './sms/workers.ts';

/** How long one run asks, in milliseconds: the next comes after five minutes. */
const pollingMs = 240_000;

export const handler = consume(smsWorkers.askReceipts, async () => {
  if (!mustPollReceipts()) return;
  const provider = await chosenProvider(Date.now());
  await pollReceipts(smsTables(), provider, () => Date.now(), Date.now() + pollingMs);
});
