import { send } from '../../../core/queue.ts';

/** The message group that wakes the driver of the chain; one for all tenants, since they share the signer. */
const chainGroup = 'chain';

/** Lets the driver of the chain run, after a delay if one is given. */
export const wakeDriver = (delaySeconds = 0): Promise<void> =>
  send('contentChain', chainGroup, { version: 1 }, delaySeconds);
