import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { adminEngine } from './batch.ts';
import { adminJobs } from './jobs.ts';

export const handler = consume(adminJobs.sweepBatches, async () => {
  const sent = await adminEngine().sweep();
  if (sent > 0) log('warn', 'messages of admin batches sent again', { sent });
});
