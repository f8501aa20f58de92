import { consume } from '../../core/consume.ts';
import { wakeDriver } from './chain/wake.ts';
import { contentWorkers } from './workers.ts';

export const handler = consume(contentWorkers.wakeChain, () => wakeDriver());
