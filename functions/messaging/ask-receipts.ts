import { consume } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { chosenProvider, mustPollReceipts } from './sms/providers/chosen.ts';
import { pollReceipts } from './sms/receipts/poll.ts';
import { smsWorkers } from './sms/workers.ts';

/** Polling time of one run; the next run starts six minutes after this one started. */
const pollingMs = 240_000;

export const handler = consume(smsWorkers.askReceipts, async () => {
  if (!mustPollReceipts()) return;
  const provider = await chosenProvider(Date.now());
  await pollReceipts(dynamo(), provider, () => Date.now(), Date.now() + pollingMs);
});
