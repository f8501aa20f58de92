import { consume } from '../../core/consume.ts';
import { adminEngine } from './batch/batch.ts';
import { adminWorkers } from './workers.ts';

export const handler = consume(adminWorkers.workBatch, (message, deliveries) =>
  adminEngine().work(message, deliveries),
);
