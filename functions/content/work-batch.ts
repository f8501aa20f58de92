import { consume } from '../../core/consume.ts';
import { contentEngine } from './store.ts';
import { contentWorkers } from './workers.ts';

export const handler = consume(contentWorkers.workBatch, (message, deliveries) =>
  contentEngine().work(message, deliveries),
);
