import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { consume } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { log } from '../../core/log.ts';
import { measure } from '../../core/metrics.ts';
import { send } from '../../core/queue.ts';
import { CHAIN_GROUP } from './batch/price.ts';
import type { Chain } from './chain/chain.ts';
import { anythingLeft, drive, longestWait } from './chain/driver.ts';
import { signPrice, signSkip } from './chain/stacks-call.ts';
import { stacksNode } from './chain/stacks-node.ts';
import { readNodeKey, readSigner, stacksSettings } from './chain/stacks-settings.ts';
import { chainStore } from './chain/store.ts';
import { contentEngine } from './store.ts';
import { contentWorkers } from './workers.ts';

/** How long one run follows the chain before another goes on, in milliseconds. */
const RUN = 20_000;

/** Seconds until that other one begins, where something is left. */
const NEXT = 1;

/** How old a lease may be before it is taken anew, in milliseconds: a third of how long it lasts. */
const RENEW = 5_000;

export const handler = consume(contentWorkers.driveChain, async (message) => {
  const holder = randomUUID();
  const chain = await openChain(holder);
  // Whoever holds the lease looks for work once more after it has let go, so a message that comes meanwhile may be dropped.
  if (!(await chain.alone())) return;
  const left = await drive(chain, chain.now() + RUN).finally(() => chain.store.release(holder));
  log('info', 'followed the chain', { signer: chain.signer, left });
  measure('chainWait', 'Milliseconds', await longestWait(chain));
  if (left || (await anythingLeft(chain))) await send('contentChain', CHAIN_GROUP, message, left ? NEXT : 0);
});

async function openChain(holder: string): Promise<Chain> {
  const now = () => Date.now();
  const settings = stacksSettings();
  const signer = await readSigner(settings.network, now());
  const contentTable = tableName('content');
  const store = chainStore(dynamo(), contentTable, signer.address);
  let takenAt = 0;
  return {
    store,
    async alone() {
      if (now() - takenAt < RENEW) return true;
      const taken = await store.take(holder, now());
      if (taken) takenAt = now();
      return taken;
    },
    node: stacksNode(settings.apiUrl, await readNodeKey(now())),
    signer: signer.address,
    driver: holder,
    unsent: new Set(),
    fee: settings.fee,
    signPrice: (job, terms) => signPrice(job, terms, signer, settings),
    signSkip: (terms) => signSkip(terms, signer, settings),
    settle: (settlement) => contentEngine().settle(settlement),
    contentTable,
    now,
    pause: (milliseconds) => setTimeout(milliseconds),
  };
}
