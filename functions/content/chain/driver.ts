import { AnswerLost, Busy, Unavailable } from '../../../core/dynamo/errors.ts';
import type { Chain, Progressed } from './chain.ts';
import { requestedAt } from './items.ts';
import { sendSigned } from './send.ts';
import { settleEnded } from './settle.ts';
import { signWaiting } from './sign.ts';

/**
 * Pauses between two polls of a chain on which nothing happened, in milliseconds; each is twice the one
 * before.
 */
const pauseMsMin = 50;
const pauseMsMax = 2_000;

/**
 * Brings prices to the chain: settles what it confirmed, sends what was signed, signs what waits; in the
 * order of nonces, with at most twenty in flight. Everything is stored before it has an effect, so the next
 * driver can continue after one that died.
 *
 * @param until when to stop, in milliseconds since the epoch.
 * @returns true if work is left.
 */
export async function drive(chain: Chain, until: number): Promise<boolean> {
  let pauseMs = pauseMsMin;
  // Ends with the first round after the deadline `until`.
  for (;;) {
    if (!(await chain.holdsLease())) return true;
    const progressed = await runStep(chain).catch((error: unknown) => {
      if ([AnswerLost, Busy, Unavailable].some((kind) => error instanceof kind)) return false;
      throw error;
    });
    if (!progressed && !(await anythingLeft(chain))) return false;
    if (chain.now() >= until) return true;
    if (!progressed) await chain.pause(pauseMs);
    pauseMs = progressed ? pauseMsMin : Math.min(2 * pauseMs, pauseMsMax);
  }
}

/** True if jobs wait, or nonces are in flight. */
export async function anythingLeft({ store }: Chain): Promise<boolean> {
  const state = await store.state();
  return (state && state.next > state.confirmed) || (await store.waiting(1)).length > 0;
}

async function runStep(chain: Chain): Promise<Progressed> {
  const state = await chain.store.state();
  // Without anything to send the node is not asked for its nonce.
  if (!state) return (await anythingLeft(chain)) && (await begin(chain));
  const nonces = await chain.store.unsettled(state);
  if (await settleEnded(chain, state, nonces)) return true;
  if (await sendSigned(chain, state, nonces)) return true;
  return await signWaiting(chain, state);
}

/** Starts numbering at the nonce that the chain expects. */
async function begin({ store, node, signer }: Chain): Promise<Progressed> {
  const nonce = await node.nonceOf(signer);
  if (nonce !== undefined) await store.begin(nonce);
  return nonce !== undefined;
}

/** The age of the oldest price request that the chain has not confirmed, in milliseconds; 0 without one. */
export async function longestWait({ store, now }: Chain): Promise<number> {
  const state = await store.state();
  const jobs = [
    ...(await store.waiting(1)),
    ...(state ? await store.unsettled(state) : []).map(({ job }) => job),
  ];
  const times = jobs.flatMap((job) => (job ? [requestedAt(job)] : []));
  return times.length > 0 ? Math.max(0, now() - Math.min(...times)) : 0;
}
