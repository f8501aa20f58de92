import { consume } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { recordCarrierOptOut } from './contacts/carrier-opt-out.ts';
import { optedOut } from './contacts/opted-out.ts';
import { smsEngine } from './sms/engine.ts';
import { chosenProvider, mustPollReceipts } from './sms/providers/chosen.ts';
import { scheduleReceiptPoll } from './sms/receipts/poll.ts';
import { release } from './sms/release.ts';
import { smsWorkers } from './sms/workers.ts';

export const handler = consume(smsWorkers.workSms, async (message, deliveries) => {
  const engine = smsEngine({
    provider: () => chosenProvider(Date.now()),
    optedOut,
    recordCarrierOptOut,
    ...(mustPollReceipts()
      ? { scheduleReceiptPoll: (record, to) => scheduleReceiptPoll(dynamo(), record, to) }
      : {}),
  });
  if ('due' in message) await release({ store: dynamo(), engine }, message.tenant, message.due, Date.now());
  else await engine.work(message, deliveries);
});
