import { systemClock } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import { restartDeliveries } from './delivery-store.ts';
import { webhookWorkers } from './workers.ts';

export const handler = consume(webhookWorkers.sweep, async () => restartDeliveries(systemClock.now()));
