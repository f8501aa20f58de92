import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { consume } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { log } from '../../core/log.ts';
import { measure } from '../../core/metrics.ts';
import { send } from '../../core/queue.ts';
import { chainGroup } from './batch/price.ts';
import type { Chain } from './chain/chain.ts';
import { signPrice, signSkip } from './chain/contract-call.ts';
import { anythingLeft, drive, longestWait } from './chain/driver.ts';
import { stacksNode } from './chain/node.ts';
import { readNodeKey, readSigner, stacksSettings } from './chain/settings.ts';
import { chainStore } from './chain/store.ts';
import { contentEngine } from './store.ts';
import { contentWorkers } from './workers.ts';

/** Time for which one run follows the chain before the next continues, in milliseconds. */
const runMs = 20_000;

/** Delay before the next run if work is left. */
const nextRunDelaySeconds = 1;

/** The age at which a lease is renewed, in milliseconds: a third of its duration. */
const leaseRenewalMs = 5_000;

export const handler = consume(contentWorkers.driveChain, async (message) => {
  const holder = randomUUID();
  const chain = await openChain(holder);
  // The holder of the lease checks for work once more after releasing it, so a message that arrives meanwhile
  // may be dropped.
  if (!(await chain.holdsLease())) return;
  const left = await drive(chain, chain.now() + runMs).finally(() => chain.store.releaseLease(holder));
  log('info', 'followed the chain', { signer: chain.signer, left });
  measure('chainWait', 'Milliseconds', await longestWait(chain));
  if (left || (await anythingLeft(chain)))
    await send('contentChain', chainGroup, message, left ? nextRunDelaySeconds : 0);
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
    async holdsLease() {
      if (now() - takenAt < leaseRenewalMs) return true;
      const taken = await store.takeLease(holder, now());
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
