import { consume } from '../../core/consume.ts';
import { adminEngine } from './batch.ts';
import { adminJobs } from './jobs.ts';

export const handler = consume(adminJobs.workBatch, (message, deliveries) =>
  adminEngine().work(message, deliveries),
);
