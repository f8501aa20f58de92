import { consume } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { log } from '../../core/log.ts';
import { smsEngine } from './sms/engine.ts';
import { sweepDue } from './sms/release.ts';
import { smsWorkers } from './sms/workers.ts';

export const handler = consume(smsWorkers.sweepSms, async () => {
  await sweepDue(dynamo(), Date.now());
  const sent = await smsEngine().sweep();
  if (sent > 0) log('info', 'queue messages of stalled SMS chunks sent again', { sent });
});
