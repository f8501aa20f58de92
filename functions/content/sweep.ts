import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { sweepInParts } from '../../core/sweep.ts';
import { wakeDriver } from './chain/wake.ts';
import { contentEngine } from './store.ts';
import { contentWorkers } from './workers.ts';

/**
 * Delay of the message that wakes the driver: the other schedules of the minute are over then, and an idle
 * stage needs the fewer runs at a time.
 */
const wakeDelaySeconds = 20;

export const handler = consume(contentWorkers.sweep, async () => {
  const parts = sweepInParts('content');
  await parts.run(() => wakeDriver(wakeDelaySeconds));
  const sent = (await parts.run(() => contentEngine().sweep())) ?? 0;
  if (sent > 0) log('warn', 'resent messages of content batches', { sent });
  parts.finish();
});
