import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { patientLedger } from './store.ts';
import { patientWorkers } from './workers.ts';

export const handler = consume(patientWorkers.sweep, async () => {
  const recovered = await patientLedger().sweep();
  if (recovered > 0) log('warn', 'transactions recovered whose message was lost', { recovered });
});
