import { consume } from '../../core/consume.ts';
import { send } from '../../core/queue.ts';
import { contentJobs } from './jobs.ts';
import { CHAIN_GROUP } from './price.ts';

export const handler = consume(contentJobs.wakeChain, () =>
  send('contentChain', CHAIN_GROUP, { version: 1 }),
);
