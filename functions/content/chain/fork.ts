import { type Chain, latest, type Progressed } from './chain.ts';
import type { NonceItem, Numbering } from './items.ts';

/**
 * Follows a chain that expects a lower nonce than it had in blocks, or has something else in their place: a
 * fork has taken transactions back. A node that lags behind says the same for a while, so the lag's whole
 * length passes first. Then the numbering goes back to that nonce, and what was sent from there on is sent
 * again, with the very same bytes.
 *
 * Where the bytes are not kept any more nothing is moved: an operator has to say so (docs/operating.md,
 * "Taken back by a fork").
 *
 * @param expected the nonce that the chain expects, or the first whose transaction is gone.
 */
export async function followFork(chain: Chain, state: Numbering, expected: number): Promise<Progressed> {
  const { store, now, apiLagMs } = chain;
  const { lowerSince } = state;
  const write = (to: Partial<Numbering>) => store.write([store.parts.move(state, to)]);
  if (expected >= state.mined) return await write({ lowerSince: undefined });
  if (lowerSince === undefined) return await write({ lowerSince: now() });
  if (now() - lowerSince <= apiLagMs) return false;
  const found = { nonce: expected, nonces: state.mined - expected };
  const settled = await firstGone(chain, state, expected);
  if (settled === 'not kept') {
    chain.alarm({
      ...found,
      message: 'the chain expects a nonce whose transaction is not kept: renumber, see docs/operating.md',
    });
    return false;
  }
  if (settled === undefined) return false;
  // All below `expected` that are not settled were in a block, and are looked at when they are to be settled.
  const mined = settled < state.confirmed ? settled : expected;
  const moved = await write({ confirmed: settled, mined, forkedAt: now(), lowerSince: undefined });
  if (moved) chain.alarm({ ...found, message: 'a fork took transactions back: they are sent again' });
  return moved;
}

/**
 * The first settled nonce whose transaction is gone, or the first that is not settled. Below the nonce that
 * the chain expects, others may have been faster after a deep fork.
 *
 * @returns `undefined` without an answer of the node.
 */
async function firstGone(
  chain: Chain,
  { confirmed }: Numbering,
  expected: number,
): Promise<number | 'not kept' | undefined> {
  if (expected >= confirmed) return confirmed;
  if ((await chain.store.nonces(expected, expected + 1)).length === 0) return 'not kept';
  // Ends with the first nonce that is there still, or is not kept.
  for (let gone = expected; ; gone--) {
    const [before] = gone > 0 ? await chain.store.nonces(gone - 1, gone) : [];
    if (!before || before.state === 'foreign') return gone;
    const { status } = await latest(chain, before);
    if (status.kind === 'unknown') return undefined;
    if (status.kind !== 'missing') return gone;
  }
}

/** True if the node took it before the chain forked, and may have forgotten it. */
export const sentBeforeFork = ({ forkedAt }: Numbering, { state, sentAt, signedAt }: NonceItem): boolean =>
  state === 'sent' && forkedAt !== undefined && (sentAt ?? signedAt) < forkedAt;
