import type { Action } from '../../../core/dynamo/store.ts';
import { type Chain, latest, type Progressed } from './chain.ts';
import { sentBeforeFork } from './fork.ts';
import type { NonceItem, Numbering } from './items.ts';
import { feeRaiseAfterMs } from './mined.ts';
import type { Broadcast } from './node.ts';
import { type NonceEnd, onChainFailure, priceOfUndone, settleGroup } from './settle.ts';
import { goOnAfter, raiseFee, signedItem, useUp } from './sign.ts';

type Rejection = Broadcast & { kind: 'rejected' };

/**
 * Rejections after which the node may still take the transaction later, or which are about the node itself.
 */
const temporaryRejection = /^(TooMuchChaining|ServerFailure|TemporarilyBlacklisted)/;

/** Rejections that say nothing about the call itself: other ones of the same account decide about it. */
const aboutTheNonce = new Set(['FeeTooLow', 'ConflictingNonceInMempool', 'BadNonce']);

/**
 * Sends the signed transactions in order until the node takes no more. Behind one that it refuses for good it
 * takes the next ones: another takes the place of the refused one later.
 */
export async function sendSigned(chain: Chain, state: Numbering, nonces: NonceItem[]): Promise<Progressed> {
  const { store } = chain;
  const due = nonces.filter((one) => (one.state === 'signed' && !one.refused) || sentBeforeFork(state, one));
  const ofOthers = due.filter((one) => one.state === 'signed' && one.sender && one.sender !== chain.driver);
  if (ofOthers.length > 0)
    return await store.write(ofOthers.map((nonce) => store.parts.replaceNonce(nonce, shared(nonce))));
  const taken: NonceItem[] = [];
  const refused: { nonce: NonceItem; answer: Rejection }[] = [];
  for (const nonce of due) {
    const first = chain.unsent.delete(nonce.raw) && nonce.sender === chain.driver;
    const answer = await chain.node.broadcast(nonce.raw);
    if (answer.kind === 'accepted') {
      taken.push(nonce);
      continue;
    }
    if (answer.kind === 'unknown') break;
    refused.push({ nonce, answer: { ...answer, once: answer.once && first } });
    if (temporaryRejection.test(answer.reason) || aboutTheNonce.has(answer.reason)) break;
  }
  let progressed = taken.length > 0 && (await store.write(taken.map((nonce) => markSent(chain, nonce))));
  for (const { nonce, answer } of refused)
    progressed = (await handleRejection(chain, nonce, answer)) || progressed;
  return progressed;
}

const markSent = (
  { store, now }: Chain,
  { disputedAt: _disputed, refused: _refused, ...nonce }: NonceItem,
): Action => store.parts.replaceNonce(nonce, { ...nonce, state: 'sent', sentAt: now() });

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
  const sentBefore = nonce.job && !once ? { sentBefore: true } : {};
  const refused = { reason, at: chain.now(), ...sentBefore };
  return await store.write([store.parts.replaceNonce(nonce, { ...nonce, state: 'signed', refused })]);
}

/**
 * Looks for calls that the node refused, for as long as its API may lag: it may have taken them all the same.
 * Those that stay unknown and were sent once have failed, the last ones first, so that their nonces are taken
 * back instead of used up. In place of one that was sent before, something else is sent, and the chain
 * decides.
 */
export async function resolveRefused(
  chain: Chain,
  state: Numbering,
  nonces: NonceItem[],
): Promise<Progressed> {
  const waiting = nonces.flatMap((nonce) => (nonce.refused ? [{ nonce, ...nonce.refused }] : []));
  for (const { nonce, reason, at, sentBefore } of waiting.toReversed()) {
    const isOver = chain.now() - at > chain.apiLagMs;
    // Before its time is over only the first is asked for, since public nodes take few requests.
    if (!isOver && nonce !== waiting[0]?.nonce) continue;
    const { status } = await latest(chain, nonce);
    if (status.kind === 'unknown') continue;
    if (status.kind !== 'missing') return await chain.store.write([markSent(chain, nonce)]);
    if (!isOver) continue;
    const over = sentBefore ? replace(chain, nonce, reason) : giveUp(chain, state, nonce, reason);
    if (await over) return true;
  }
  return false;
}

/**
 * Puts a substitute in the place of a call. The substitute may be refused as well: it is signed anew from
 * time to time, since the settings may have been corrected.
 */
const replace = (chain: Chain, nonce: NonceItem, reason: string): Promise<Progressed> =>
  nonce.refusal && chain.now() - nonce.signedAt <= feeRaiseAfterMs
    ? sendAnew(chain, nonce)
    : useUp(chain, nonce, nonce.refusal?.reason ?? reason);

/** Lets a refused transaction be sent again. */
const sendAnew = ({ store }: Chain, { refused: _, ...nonce }: NonceItem): Promise<Progressed> =>
  store.write([store.parts.replaceNonce(nonce, nonce)]);

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
  return chain.now() - disputedAt > chain.apiLagMs ? await yieldNonce(chain, nonce) : false;
}

/** Gives up a nonce that a foreign transaction used: its job waits for another one. */
async function yieldNonce({ store, now }: Chain, nonce: NonceItem): Promise<Progressed> {
  const { job, ...rest } = nonce;
  return await store.write([
    store.parts.replaceNonce(nonce, { ...rest, state: 'foreign', sentAt: now() }),
    ...(job ? [store.parts.putJob(job)] : []),
  ]);
}

/**
 * Fails the operation of a call that the node never took and never will. The nonce goes to the next job, is
 * used up, or, if it is the last, is taken back.
 */
async function giveUp(chain: Chain, state: Numbering, nonce: NonceItem, reason: string): Promise<Progressed> {
  const { parts } = chain.store;
  const [next, after] = await chain.store.waiting(2);
  const isLast = nonce.nonce + 1 === state.next;
  const other = isLast ? undefined : await signedItem(chain, next, nonce.nonce);
  // Without anything else to send, the same is sent again.
  if (other?.raw === nonce.raw) return await sendAnew(chain, nonce);
  const instead = other
    ? [parts.replaceNonce(nonce, other), ...(next ? [parts.removeJob(next)] : [])]
    : [parts.move(state, { next: nonce.nonce }), parts.removeNonce(nonce)];
  const end: NonceEnd = nonce.job ? { nonce, outcome: onChainFailure(reason) } : { nonce };
  const settled = await settleGroup(chain, [end], instead);
  if (settled === 'settled' && other && next) await goOnAfter(chain, [next], after);
  if (settled !== 'before') return settled === 'settled';
  const prices = await priceOfUndone(chain, nonce);
  return prices ? await chain.store.write([...instead, ...prices]) : false;
}
