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
    // The two parts are independent; the next sweep, a minute later, retries the failed one.
    if (result.status === 'rejected') log('error', 'part of the sweep failed', describe(result.reason));
  }
});
