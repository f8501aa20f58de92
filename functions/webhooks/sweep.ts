import { systemClock } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import { restartDeliveries } from './delivery-store.ts';
import { webhookJobs } from './jobs.ts';

export const handler = consume(webhookJobs.sweep, async () => restartDeliveries(systemClock.now()));
