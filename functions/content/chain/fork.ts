import type { Chain, Progressed } from './chain.ts';
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
  if (expected < state.confirmed && (await store.nonces(expected, expected + 1)).length === 0) {
    chain.alarm({
      ...found,
      message: 'the chain expects a nonce whose transaction is not kept: renumber, see docs/operating.md',
    });
    return false;
  }
  const confirmed = Math.min(state.confirmed, expected);
  const moved = await write({ confirmed, mined: expected, forkedAt: now(), lowerSince: undefined });
  if (moved) chain.alarm({ ...found, message: 'a fork took transactions back: they are sent again' });
  return moved;
}

/** True if the node took it before the chain forked, and may have forgotten it. */
export const sentBeforeFork = ({ forkedAt }: Numbering, { state, sentAt, signedAt }: NonceItem): boolean =>
  state === 'sent' && forkedAt !== undefined && (sentAt ?? signedAt) < forkedAt;
