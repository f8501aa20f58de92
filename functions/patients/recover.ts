import { consume } from '../../core/consume.ts';
import { send } from '../../core/queue.ts';
import { patientLedger } from './store.ts';
import { patientWorkers } from './workers.ts';

export const handler = consume(patientWorkers.recover, async (message) => {
  const { tenant, batch } = message;
  const { againIn } = await patientLedger().recover({ ledger: 'patients', tenant, txId: batch });
  if (againIn !== undefined) await send('patientRecovery', tenant, message, againIn);
});
