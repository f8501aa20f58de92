import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { patientLedger } from './store.ts';
import { patientWorkers } from './workers.ts';

export const handler = consume(patientWorkers.sweep, async () => {
  const settled = await patientLedger().sweep();
  if (settled > 0) log('warn', 'batches settled whose message was lost', { settled });
});
