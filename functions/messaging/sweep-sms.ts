import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { sweepDue } from './release.ts';
import { smsEngine, smsTables } from './sms-engine.ts';
import { smsJobs } from './sms-jobs.ts';

export const handler = consume(smsJobs.sweepSms, async () => {
  await sweepDue(smsTables(), Date.now());
  const sent = await smsEngine().sweep();
  if (sent > 0) log('info', 'chunks of messages looked at again', { sent });
});
