import { consume } from '../../core/consume.ts';
import { contentJobs } from './jobs.ts';
import { contentEngine } from './store.ts';

export const handler = consume(contentJobs.workBatch, (message, deliveries) =>
  contentEngine().work(message, deliveries),
);
