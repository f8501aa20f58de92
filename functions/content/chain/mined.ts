import { type Chain, latest, type Progressed } from './chain.ts';
import type { NonceItem, Numbering } from './items.ts';
import { raiseFee, signedItem } from './sign.ts';

/** The time without being mined after which a transaction is sent with a higher fee, in milliseconds. */
export const feeRaiseAfterMs = 5 * 60_000;

/** A nonce that the chain has used, and the transaction of its job. */
interface Mined {
  nonce: NonceItem;
  txId?: string;
}

/**
 * Notes which nonces are in a block, from the first that was not. They are settled later, under enough
 * confirmations; their bytes are kept meanwhile.
 *
 * @param nonces those that the chain is to mine next.
 * @param expected the nonce that the chain expects.
 */
export async function noteMined(
  chain: Chain,
  state: Numbering,
  nonces: NonceItem[],
  expected: number,
): Promise<Progressed> {
  const mined: Mined[] = [];
  for (const [position, nonce] of nonces.entries()) {
    const isUsed = nonce.nonce < expected;
    if (isUsed && nonce.state === 'foreign') {
      mined.push({ nonce });
      continue;
    }
    if (nonce.state === 'signed') break;
    const ageMs = chain.now() - (nonce.sentAt ?? nonce.signedAt);
    // Public nodes take few requests, so one that is not due yet is not asked for while it is young.
    if (!isUsed && (ageMs <= chain.apiLagMs || mined.length > 0)) break;
    if (nonce.state === 'foreign') return await useFreed(chain, nonce);
    const { status, txId } = await latest(chain, nonce);
    if (isUsed && (status.kind === 'success' || status.kind === 'aborted')) {
      mined.push({ nonce, ...(txId ? { txId } : {}) });
      continue;
    }
    if (mined.length > 0) break;
    if (status.kind === 'missing' && ageMs > chain.apiLagMs)
      return await sendAgain(chain, nonces.slice(position));
    if (status.kind === 'pending' && chain.now() - nonce.signedAt > feeRaiseAfterMs)
      return await raiseFee(chain, nonce, txId);
    break;
  }
  if (mined.length === 0) return false;
  const { parts, write } = chain.store;
  return await write([
    parts.move(state, { mined: state.mined + mined.length }),
    ...mined.flatMap(({ nonce: { job }, txId }) => (job && txId ? [parts.putConfirming(job, txId)] : [])),
  ]);
}

/** Uses a nonce that a foreign transaction had, until a fork took that back, by a call that does nothing. */
const useFreed = async (chain: Chain, nonce: NonceItem): Promise<Progressed> => {
  const item = await signedItem(chain, undefined, nonce.nonce);
  return await chain.store.write([chain.store.parts.replaceNonce(nonce, item)]);
};

/**
 * Marks transactions for sending again, with the very same bytes: the node has forgotten the first of them,
 * and perhaps all.
 */
const sendAgain = ({ store, now, apiLagMs }: Chain, nonces: NonceItem[]): Promise<Progressed> =>
  store.write(
    nonces
      .filter(({ state, sentAt, signedAt }) => state === 'sent' && now() - (sentAt ?? signedAt) > apiLagMs)
      .map((nonce) => store.parts.replaceNonce(nonce, { ...nonce, state: 'signed' })),
  );
