import { systemClock } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import { describe, log } from '../../core/log.ts';
import { recoverSyncs } from './sync/recover-syncs.ts';
import { startDueSyncs } from './sync/start-due-syncs.ts';
import { clinikoWorkers } from './workers.ts';

export const handler = consume(clinikoWorkers.sweep, async () => {
  const now = systemClock.now();
  const results = await Promise.allSettled([recoverSyncs(now), startDueSyncs(now)]);
  for (const result of results) {
    // One of them must not keep the others from their work; what failed is tried again in a minute.
    if (result.status === 'rejected') log('error', 'a part of the sweep failed', describe(result.reason));
  }
});
