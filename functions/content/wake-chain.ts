import { consume } from '../../core/consume.ts';
import { send } from '../../core/queue.ts';
import { chainGroup } from './batch/price.ts';
import { contentWorkers } from './workers.ts';

export const handler = consume(contentWorkers.wakeChain, () =>
  send('contentChain', chainGroup, { version: 1 }),
);
