import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { contentJobs } from './jobs.ts';
import { contentEngine } from './store.ts';

export const handler = consume(contentJobs.sweepBatches, async () => {
  const sent = await contentEngine().sweep();
  if (sent > 0) log('warn', 'messages of content batches sent again', { sent });
});
