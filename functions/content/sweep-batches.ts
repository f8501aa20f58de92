import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { contentEngine } from './store.ts';
import { contentWorkers } from './workers.ts';

export const handler = consume(contentWorkers.sweepBatches, async () => {
  const sent = await contentEngine().sweep();
  if (sent > 0) log('warn', 'resent messages of content batches', { sent });
});
