import type { Chain } from './chain.ts';
import type { NonceItem, Numbering } from './items.ts';
import { priceOfChain } from './settle.ts';
import { noncesAtOnceMax, noncesKept } from './store.ts';

/**
 * Begins numbering anew at the nonce that the chain expects, when an operator says so: the chain was reset,
 * or has taken back what is not kept. Prices that the chain does not have wait for a nonce again, in the
 * order of their requests; the stored prices of settled calls that are gone follow the chain.
 *
 * @returns true once it is done; false if the node gave no answer, or another driver wrote meanwhile, so that
 * it is to be asked for again.
 */
export async function renumber(chain: Chain): Promise<boolean> {
  const { store, node, signer } = chain;
  const expected = await node.nonceOf(signer);
  if (expected === undefined) return false;
  // Ends with the last nonce that the chain does not have: each round takes some back.
  for (;;) {
    const state = await store.state();
    if (!state || state.next <= expected) return true;
    const from = Math.max(expected, state.confirmed, state.next - noncesAtOnceMax);
    if (from === state.next) return await beginAt(chain, state, expected);
    if (!(await takeBack(chain, state, await store.nonces(from, state.next), from))) return false;
  }
}

/** Takes the last nonces back, from this one on; their jobs wait again. */
function takeBack({ store }: Chain, state: Numbering, nonces: NonceItem[], from: number): Promise<boolean> {
  const { parts } = store;
  const jobs = nonces.flatMap(({ job }) => (job ? [job] : []));
  return store.write([
    parts.move(state, { next: from, mined: Math.min(state.mined, from) }),
    ...nonces.map((nonce) => parts.removeNonce(nonce)),
    ...jobs.flatMap((job) => [parts.putJob(job), parts.removeConfirming(job)]),
  ]);
}

/**
 * Begins below what was settled, with the stored prices as the chain has them. What is done of the settled
 * nonces is forgotten at once, so a next run goes on where this one ended.
 */
async function beginAt(chain: Chain, state: Numbering, expected: number): Promise<boolean> {
  const { store, now } = chain;
  // Below that nonce, too: after a reset others may have used the nonces, such as the contract's deployment.
  for (let to = state.confirmed; to > Math.max(0, state.confirmed - noncesKept); to -= noncesAtOnceMax) {
    const settled = await store.nonces(Math.max(0, to - noncesAtOnceMax), to);
    if (settled.length > 0 && !(await followPrices(chain, settled))) return false;
  }
  const to = { next: expected, confirmed: expected, mined: expected, forkedAt: now(), lowerSince: undefined };
  return await store.write([store.parts.move(state, to)]);
}

/** Stores the prices that the chain has for the contents of these nonces, and forgets them. */
async function followPrices(chain: Chain, nonces: NonceItem[]): Promise<boolean> {
  const { parts, write } = chain.store;
  const contents = new Set(nonces.flatMap(({ job }) => (job ? [job.contentId] : [])));
  const actions = nonces.map(({ nonce }) => parts.forgetNonce(nonce));
  for (const contentId of contents) {
    const prices = await priceOfChain(chain, contentId);
    if (!prices) return false;
    actions.push(...prices);
  }
  return await write(actions);
}
