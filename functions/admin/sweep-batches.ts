import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { adminEngine } from './batch/batch.ts';
import { adminWorkers } from './workers.ts';

export const handler = consume(adminWorkers.sweepBatches, async () => {
  const sent = await adminEngine().sweep();
  if (sent > 0) log('warn', 'resent messages of admin batches', { sent });
});
