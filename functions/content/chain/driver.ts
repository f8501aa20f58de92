import { AnswerLost, Busy, Unavailable } from '../../../core/dynamo/errors.ts';
import type { Chain, Progressed } from './chain.ts';
import { requestedAt } from './items.ts';
import { sendSigned } from './send-nonces.ts';
import { settleEnded } from './settle-nonces.ts';
import { signWaiting } from './sign-nonces.ts';

/** Pauses between two looks at a chain on which nothing happened, in milliseconds; each is twice the one before. */
const PAUSE = { first: 50, longest: 2_000 };

/**
 * Brings prices to the chain: settles what it confirmed, sends what was signed, signs what waits; in the order of nonces, never more than
 * twenty at once. Everything is stored before it has an effect, so a driver that dies leaves nothing that the next cannot take up.
 *
 * @param until when to come to an end, in milliseconds since the epoch.
 * @returns whether something is left to do.
 */
export async function drive(chain: Chain, until: number): Promise<boolean> {
  let pause = PAUSE.first;
  for (;;) {
    if (!(await chain.alone())) return true;
    const progressed = await step(chain).catch((error: unknown) => {
      if ([AnswerLost, Busy, Unavailable].some((kind) => error instanceof kind)) return false;
      throw error;
    });
    if (!progressed && !(await anythingLeft(chain))) return false;
    if (chain.now() >= until) return true;
    if (!progressed) await chain.pause(pause);
    pause = progressed ? PAUSE.first : Math.min(2 * pause, PAUSE.longest);
  }
}

export async function anythingLeft({ store }: Chain): Promise<boolean> {
  const state = await store.state();
  return (state && state.next > state.confirmed) || (await store.waiting(1)).length > 0;
}

async function step(chain: Chain): Promise<Progressed> {
  const state = await chain.store.state();
  // Nobody asks the node for anything before there is something to send.
  if (!state) return (await anythingLeft(chain)) && (await begin(chain));
  const nonces = await chain.store.unsettled(state);
  if (await settleEnded(chain, state, nonces)) return true;
  if (await sendSigned(chain, state, nonces)) return true;
  return await signWaiting(chain, state);
}

/** Begins at the nonce that the chain expects. */
async function begin({ store, node, signer }: Chain): Promise<Progressed> {
  const nonce = await node.nonceOf(signer);
  if (nonce !== undefined) await store.begin(nonce);
  return nonce !== undefined;
}

/** For how long the oldest price that the chain has not confirmed has been asked for, in milliseconds; 0 without one. */
export async function longestWait({ store, now }: Chain): Promise<number> {
  const state = await store.state();
  const jobs = [
    ...(await store.waiting(1)),
    ...(state ? await store.unsettled(state) : []).map(({ job }) => job),
  ];
  const times = jobs.flatMap((job) => (job ? [requestedAt(job)] : []));
  return times.length > 0 ? Math.max(0, now() - Math.min(...times)) : 0;
}
