import { systemClock } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import { sweepInParts } from '../../core/sweep.ts';
import { recoverSyncs } from './sync/recover-syncs.ts';
import { startDueSyncs } from './sync/start-due-syncs.ts';
import { clinikoWorkers } from './workers.ts';

export const handler = consume(clinikoWorkers.sweep, async () => {
  const now = systemClock.now();
  const parts = sweepInParts('cliniko');
  await Promise.all([parts.run(() => recoverSyncs(now)), parts.run(() => startDueSyncs(now))]);
  parts.finish();
});
