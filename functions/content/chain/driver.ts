import { AnswerLost, Busy, Unavailable } from '../../../core/dynamo/errors.ts';
import type { Chain, Progressed } from './chain.ts';
import { followFork } from './fork.ts';
import { type NonceItem, type Numbering, requestedAt } from './items.ts';
import { noteMined } from './mined.ts';
import { resolveRefused, sendSigned } from './send.ts';
import { settleConfirmed } from './settle.ts';
import { signWaiting } from './sign.ts';
import { noncesAtOnceMax } from './store.ts';

/**
 * Pauses between two polls of a chain on which nothing happened, in milliseconds; each is twice the one
 * before.
 */
const pauseMsMin = 50;
const pauseMsMax = 2_000;

/**
 * Time for which a driver watches a chain on which everything is in a block, in milliseconds: confirmations
 * take an hour, and the next driver starts within a minute.
 */
const confirmingWatchMs = 5_000;

/**
 * Brings prices to the chain: settles what it confirmed, follows its forks, sends what was signed, signs what
 * waits; in the order of nonces, with at most twenty in flight. Everything is stored before it has an effect,
 * so the next driver can continue after one that died.
 *
 * @param until when to stop, in milliseconds since the epoch.
 * @returns true if work is left; what only waits for confirmations is none.
 */
export async function drive(chain: Chain, until: number): Promise<boolean> {
  let pauseMs = pauseMsMin;
  let progressedAt = chain.now();
  // Ends with the first round after the deadline `until`.
  for (;;) {
    if (!(await chain.holdsLease())) return true;
    const progressed = await runStep(chain).catch((error: unknown) => {
      if ([AnswerLost, Busy, Unavailable].some((kind) => error instanceof kind)) return false;
      throw error;
    });
    if (progressed) progressedAt = chain.now();
    else {
      const left = await whatIsLeft(chain);
      if (left === 'nothing') return false;
      if (left === 'confirmations' && chain.now() - progressedAt >= confirmingWatchMs) return false;
    }
    if (chain.now() >= until) return true;
    if (!progressed) await chain.pause(pauseMs);
    pauseMs = progressed ? pauseMsMin : Math.min(2 * pauseMs, pauseMsMax);
  }
}

/** True if jobs wait, or nonces are not in a block. */
export const anythingLeft = async (chain: Chain): Promise<boolean> => (await whatIsLeft(chain)) === 'work';

async function whatIsLeft({ store }: Chain): Promise<'work' | 'confirmations' | 'nothing'> {
  const state = await store.state();
  if ((state && state.next > state.mined) || (await store.waiting(1)).length > 0) return 'work';
  return state && (state.mined > state.confirmed || state.lowerSince !== undefined)
    ? 'confirmations'
    : 'nothing';
}

/** The nonces that the chain is to mine next. */
const noncesToMine = ({ store }: Chain, { mined, next }: Numbering): Promise<NonceItem[]> =>
  store.nonces(mined, Math.min(next, mined + noncesAtOnceMax));

async function runStep(chain: Chain): Promise<Progressed> {
  const { store, node, signer } = chain;
  const state = await store.state();
  // Without anything to send the node is not asked for its nonce.
  if (!state) return (await store.waiting(1)).length > 0 && (await begin(chain));
  const expected = await node.nonceOf(signer);
  if (expected !== undefined) {
    if (expected < state.mined) return await followFork(chain, state, expected);
    const settled = await settleConfirmed(chain, state);
    if (settled === 'gone') return await followFork(chain, state, state.confirmed);
    if (settled) return true;
    if (state.lowerSince !== undefined) return await followFork(chain, state, expected);
  }
  const nonces = await noncesToMine(chain, state);
  if (expected !== undefined && (await noteMined(chain, state, nonces, expected))) return true;
  if (await resolveRefused(chain, state, nonces)) return true;
  if (await sendSigned(chain, state, nonces)) return true;
  return await signWaiting(chain, state);
}

/** Starts numbering at the nonce that the chain expects. */
async function begin({ store, node, signer }: Chain): Promise<Progressed> {
  const nonce = await node.nonceOf(signer);
  if (nonce !== undefined) await store.begin(nonce);
  return nonce !== undefined;
}

/** The ages of the oldest price requests, in milliseconds; 0 without one. */
export interface ChainWaits {
  /** Of those that are not in a block. */
  mining: number;
  /** Of those that are in a block without enough confirmations. */
  confirming: number;
}

export async function longestWaits(chain: Chain): Promise<ChainWaits> {
  const { store, now } = chain;
  const state = await store.state();
  const ageOf = (jobs: (NonceItem['job'] | undefined)[]): number => {
    const times = jobs.flatMap((job) => (job ? [requestedAt(job)] : []));
    return times.length > 0 ? Math.max(0, now() - Math.min(...times)) : 0;
  };
  const jobsOf = (nonces: NonceItem[]) => nonces.map(({ job }) => job);
  const toMine = state ? await noncesToMine(chain, state) : [];
  const toConfirm = state
    ? await store.nonces(state.confirmed, Math.min(state.mined, state.confirmed + 1))
    : [];
  return {
    mining: ageOf([...(await store.waiting(1)), ...jobsOf(toMine)]),
    confirming: ageOf(jobsOf(toConfirm)),
  };
}
