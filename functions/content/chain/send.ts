import type { Action } from '../../../core/dynamo/store.ts';
import { apiLagMs, type Chain, latest, type Progressed } from './chain.ts';
import type { NonceItem, SignerState } from './items.ts';
import type { Broadcast } from './node.ts';
import { feeRaiseAfterMs, type NonceEnd, onChainFailure, settleGroup } from './settle.ts';
import { raiseFee, signedItem, useUp } from './sign.ts';

type Rejection = Broadcast & { kind: 'rejected' };

/**
 * Rejections after which the node may still take the transaction later, or which are about the node itself.
 */
const temporaryRejection = /^(TooMuchChaining|ServerFailure|TemporarilyBlacklisted)/;

/** Sends the signed transactions in order until the node takes no more. */
export async function sendSigned(chain: Chain, state: SignerState, nonces: NonceItem[]): Promise<Progressed> {
  const { store } = chain;
  const signed = nonces.filter((one) => one.state === 'signed');
  const ofOthers = signed.filter(({ sender }) => sender && sender !== chain.driver);
  if (ofOthers.length > 0)
    return await store.write(ofOthers.map((nonce) => store.parts.replaceNonce(nonce, shared(nonce))));
  const taken: NonceItem[] = [];
  let refused: { nonce: NonceItem; answer: Rejection } | undefined;
  for (const nonce of signed) {
    const first = chain.unsent.delete(nonce.raw) && nonce.sender === chain.driver;
    const answer = await chain.node.broadcast(nonce.raw);
    if (answer.kind === 'accepted') {
      taken.push(nonce);
      continue;
    }
    if (answer.kind === 'rejected') refused = { nonce, answer: { ...answer, once: answer.once && first } };
    break;
  }
  const noted = taken.length > 0 && (await store.write(taken.map((nonce) => markSent(chain, nonce))));
  return (refused && (await handleRejection(chain, state, refused.nonce, refused.answer))) || noted;
}

const markSent = ({ store }: Chain, { disputedAt: _, ...nonce }: NonceItem): Action =>
  store.parts.replaceNonce(nonce, { ...nonce, state: 'sent' });

/**
 * Without its `sender` a nonce that another driver signed may be sent: that driver can no longer assume that
 * it alone sent it.
 */
const shared = ({ sender: _, ...nonce }: NonceItem): NonceItem => nonce;

/**
 * Handles a rejection. A node may also reject a transaction that it took before, when that answer was lost;
 * so its status is asked for first, and "taken before" is never ruled out.
 */
async function handleRejection(
  chain: Chain,
  state: SignerState,
  nonce: NonceItem,
  { reason, expected, actual, once }: Rejection,
): Promise<Progressed> {
  const { store } = chain;
  if (temporaryRejection.test(reason)) return false;
  const { status } = await latest(chain, nonce);
  if (status.kind === 'unknown') return false;
  if (status.kind !== 'missing') return await store.write([markSent(chain, nonce)]);
  if (reason === 'FeeTooLow') return await raiseFee(chain, nonce);
  if (reason === 'ConflictingNonceInMempool') return false;
  if (reason === 'BadNonce') {
    // A nonce ahead of the chain has others of ours before it, which are in flight.
    const used = actual !== undefined && expected !== undefined && actual < expected;
    return used ? await dispute(chain, nonce) : false;
  }
  if (once || !nonce.job) return await giveUp(chain, state, nonce, reason);
  // The substitute may be refused as well: it is signed anew from time to time, since the settings may have
  // been corrected.
  if (nonce.refusal && chain.now() - nonce.signedAt <= feeRaiseAfterMs) return false;
  return await useUp(chain, nonce, nonce.refusal?.reason ?? reason);
}

/**
 * Handles a nonce that the chain is past without showing the transaction that used it. It may have been ours,
 * whose answer was lost, since the node's API lags behind the node. It was foreign only if the API has seen
 * the nonce used and still does not know our transaction after its lag.
 */
async function dispute(chain: Chain, nonce: NonceItem): Promise<Progressed> {
  const { parts, write } = chain.store;
  const { disputedAt } = nonce;
  const lastUsed = await chain.node.lastUsedBy(chain.signer);
  if (lastUsed === undefined || lastUsed < nonce.nonce) return false;
  if (disputedAt === undefined)
    return await write([parts.replaceNonce(nonce, { ...nonce, disputedAt: chain.now() })]);
  return chain.now() - disputedAt > apiLagMs ? await yieldNonce(chain, nonce) : false;
}

/** Gives up a nonce that a foreign transaction used: its job waits for another one. */
async function yieldNonce({ store }: Chain, nonce: NonceItem): Promise<Progressed> {
  const { job, ...rest } = nonce;
  return await store.write([
    store.parts.replaceNonce(nonce, { ...rest, state: 'foreign' }),
    ...(job ? [store.parts.putJob(job)] : []),
  ]);
}

/**
 * Fails the operation of a call that the node never took and never will. The nonce goes to the next job, is
 * used up, or, if it is the last, is taken back.
 */
async function giveUp(
  chain: Chain,
  state: SignerState,
  nonce: NonceItem,
  reason: string,
): Promise<Progressed> {
  const { parts } = chain.store;
  const [next] = await chain.store.waiting(1);
  const isLast = nonce.nonce + 1 === state.next;
  const other = isLast ? undefined : await signedItem(chain, next, nonce.nonce);
  // Without anything else to send, the same is sent again a little later.
  if (other?.raw === nonce.raw) return false;
  const instead = other
    ? [parts.replaceNonce(nonce, other), ...(next ? [parts.removeJob(next)] : [])]
    : [parts.takeBack(nonce.nonce), parts.removeNonce(nonce)];
  const end: NonceEnd = nonce.job ? { nonce, outcome: onChainFailure(reason) } : { nonce };
  const settled = await settleGroup(chain, [end], instead);
  return settled === 'settled' || (settled === 'before' && (await chain.store.write(instead)));
}
