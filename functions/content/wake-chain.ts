import { consume } from '../../core/consume.ts';
import { send } from '../../core/queue.ts';
import { CHAIN_GROUP } from './batch/price.ts';
import { contentWorkers } from './workers.ts';

export const handler = consume(contentWorkers.wakeChain, () =>
  send('contentChain', CHAIN_GROUP, { version: 1 }),
);
