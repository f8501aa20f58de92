import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { patientJobs } from './jobs.ts';
import { patientLedger } from './store.ts';

export const handler = consume(patientJobs.sweep, async () => {
  const settled = await patientLedger().sweep();
  if (settled > 0) log('warn', 'batches settled whose message was lost', { settled });
});
