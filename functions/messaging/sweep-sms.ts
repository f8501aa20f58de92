import { consume } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { log } from '../../core/log.ts';
import { sweepInParts } from '../../core/sweep.ts';
import { smsEngine } from './sms/engine.ts';
import { sweepDue } from './sms/release.ts';
import { smsWorkers } from './sms/workers.ts';

export const handler = consume(smsWorkers.sweepSms, async () => {
  const parts = sweepInParts('sms');
  await parts.run(() => sweepDue(dynamo(), Date.now()));
  const sent = (await parts.run(() => smsEngine().sweep())) ?? 0;
  if (sent > 0) log('info', 'queue messages of stalled SMS chunks sent again', { sent });
  parts.finish();
});
