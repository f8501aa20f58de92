import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { consume } from '../../core/consume.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { Unavailable } from '../../core/dynamo/errors.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { log } from '../../core/log.ts';
import { measure } from '../../core/metrics.ts';
import type { Chain } from './chain/chain.ts';
import { readPrice, signPrice, signSkip } from './chain/contract-call.ts';
import { anythingLeft, drive, longestWaits } from './chain/driver.ts';
import { stacksNode } from './chain/node.ts';
import { renumber } from './chain/renumber.ts';
import { readNodeKey, readSigner, stacksSettings } from './chain/settings.ts';
import { chainStore } from './chain/store.ts';
import { wakeDriver } from './chain/wake.ts';
import { contentClaims } from './claims.ts';
import { contentWorkers } from './workers.ts';

/** Time for which one run follows the chain before the next continues, in milliseconds. */
const runMs = 20_000;

/** Delay before the next run if work is left. */
const nextRunDelaySeconds = 1;

/**
 * Time for which an operator's message waits for a driver to end, in milliseconds: with prices to send, one
 * follows the other. The queue would deliver the message again only after six minutes.
 */
const leaseWaitMs = runMs + 5_000;
const leasePollMs = 100;

/** The age at which a lease is renewed, in milliseconds: a third of its duration. */
const leaseRenewalMs = 5_000;

/**
 * Time until a price is in a block, and then for each confirmation, after which the log says what to do, in
 * milliseconds. The alarms of lib/alarms.ts watch the same.
 */
const slowMs = 30 * 60_000;

export const handler = consume(contentWorkers.driveChain, async (message) => {
  const holder = randomUUID();
  const chain = await openChain(holder);
  // The holder of the lease checks for work once more after releasing it, so a message that arrives meanwhile
  // may be dropped.
  if (!(await takeLease(chain, message.renumber ? leaseWaitMs : 0))) {
    if (message.renumber) throw new Unavailable('another driver holds the lease');
    return;
  }
  const left = await run(chain, message.renumber === true).finally(() => chain.store.releaseLease(holder));
  log('info', 'followed the chain', { signer: chain.signer, left });
  await measureWaits(chain);
  if (left || (await anythingLeft(chain))) await wakeDriver(left ? nextRunDelaySeconds : 0);
});

/** Takes the lease, after so many milliseconds of waiting for another driver to end. */
async function takeLease(chain: Chain, waitMs: number): Promise<boolean> {
  const until = chain.now() + waitMs;
  // Ends with the first try after `until`.
  for (;;) {
    if (await chain.holdsLease()) return true;
    if (chain.now() >= until) return false;
    await chain.pause(leasePollMs);
  }
}

/** @throws Unavailable if the node or the table did not let it renumber; the message is delivered again. */
async function run(chain: Chain, isToRenumber: boolean): Promise<boolean> {
  const { signer } = chain;
  if (isToRenumber && !(await renumber(chain))) {
    log('error', 'no nonces were given out anew: the node gave no answer or has no contract; tried again', {
      signer,
    });
    throw new Unavailable('the nonces could not be given out anew; it is tried again');
  }
  if (isToRenumber) log('warn', 'nonces are given out from the one that the chain expects', { signer });
  return await drive(chain, chain.now() + runMs);
}

async function measureWaits(chain: Chain): Promise<void> {
  const { mining, confirming } = await longestWaits(chain);
  // A metric is billed for the hours in which it gets a value, and no value alarms as little as 0.
  if (mining > 0) measure('chainWait', 'Milliseconds', mining);
  if (confirming > 0) measure('chainConfirmingWait', 'Milliseconds', confirming);
  const { signer, confirmations } = chain;
  if (mining > slowMs)
    log('error', 'prices are not mined: see docs/operating.md, "Stuck on the chain"', {
      signer,
      waitMs: mining,
    });
  if (confirming > confirmations * slowMs)
    log('error', 'prices get no confirmations: see docs/operating.md, "Unconfirmed on the chain"', {
      ...{ signer, waitMs: confirming },
    });
}

async function openChain(holder: string): Promise<Chain> {
  const now = () => Date.now();
  const settings = stacksSettings();
  const signer = await readSigner(settings.network, now());
  const contentTable = tableName('content');
  const store = chainStore(dynamo(), contentTable, signer.address);
  const node = stacksNode(settings.apiUrl, await readNodeKey(now()));
  const told = new Set<string>();
  let takenAt = 0;
  return {
    store,
    async holdsLease() {
      if (now() - takenAt < leaseRenewalMs) return true;
      const taken = await store.takeLease(holder, now());
      if (taken) takenAt = now();
      return taken;
    },
    node,
    signer: signer.address,
    driver: holder,
    unsent: new Set(),
    fee: settings.fee,
    confirmations: settings.confirmations,
    apiLagMs: settings.apiLagMs,
    priceOf: (contentId) => readPrice(contentId, node, signer, settings),
    signPrice: (job, terms) => signPrice(job, terms, signer, settings),
    signSkip: (terms) => signSkip(terms, signer, settings),
    settle: (settlement) => contentClaims().settle(settlement),
    goOn: ({ batch, chunk }) => contentClaims().goOn(batch, chunk),
    alarm({ message: text, ...fields }) {
      // A driver that waits for the operator finds the same at each poll.
      const key = `${text} ${fields.nonce}`;
      if (told.has(key)) return;
      told.add(key);
      log('error', text, { signer: signer.address, ...fields });
      measure('chainForked', 'Count', fields.nonces);
    },
    contentTable,
    now,
    pause: (milliseconds) => setTimeout(milliseconds),
  };
}
