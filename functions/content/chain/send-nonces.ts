import type { Action } from '../../../core/dynamo/store.ts';
import { type Chain, LAG, latest, type Progressed } from './chain.ts';
import type { NonceItem, SignerState } from './items.ts';
import { type End, failed, STUCK, settleGroup } from './settle-nonces.ts';
import { raiseFee, signedItem, useUp } from './sign-nonces.ts';
import type { Broadcast } from './stacks-node.ts';

type Rejection = Broadcast & { kind: 'rejected' };

/** What a node says of a transaction that it may well take later, or that it says for reasons of its own. */
const passing = /^(TooMuchChaining|ServerFailure|TemporarilyBlacklisted)/;

/** Sends what was signed, in order, until the node takes no more. */
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
  const noted = taken.length > 0 && (await store.write(taken.map((nonce) => wasTaken(chain, nonce))));
  return (refused && (await rejected(chain, state, refused.nonce, refused.answer))) || noted;
}

const wasTaken = ({ store }: Chain, { disputedAt: _, ...nonce }: NonceItem): Action =>
  store.parts.replaceNonce(nonce, { ...nonce, state: 'sent' });

/** What another driver signed may be sent once that one can no longer think that nobody else has. */
const shared = ({ sender: _, ...nonce }: NonceItem): NonceItem => nonce;

/** What follows from a rejection. A node may also reject what it took before, whose answer was lost: that is asked first, and never ruled out. */
async function rejected(
  chain: Chain,
  state: SignerState,
  nonce: NonceItem,
  { reason, expected, actual, once }: Rejection,
): Promise<Progressed> {
  const { store } = chain;
  if (passing.test(reason)) return false;
  const { status } = await latest(chain, nonce);
  if (status.kind === 'unknown') return false;
  if (status.kind !== 'missing') return await store.write([wasTaken(chain, nonce)]);
  if (reason === 'FeeTooLow') return await raiseFee(chain, nonce);
  if (reason === 'ConflictingNonceInMempool') return false;
  if (reason === 'BadNonce') {
    // A nonce that is ahead of the chain has others of ours before it, which are on their way.
    const used = actual !== undefined && expected !== undefined && actual < expected;
    return used ? await dispute(chain, nonce) : false;
  }
  if (once || !nonce.job) return await giveUp(chain, state, nonce, reason);
  // What takes its place may be refused as well: it is signed anew now and then, since the settings may have been mended.
  if (nonce.refusal && chain.now() - nonce.signedAt <= STUCK) return false;
  return await useUp(chain, nonce, nonce.refusal?.reason ?? reason);
}

/**
 * The chain is past this nonce, and does not show which transaction used it. It may have been our own, whose answer was lost, since a node's
 * API learns of it later than the node: only if the API has seen the nonce used, and goes on not to know our transaction, was it somebody else's.
 */
async function dispute(chain: Chain, nonce: NonceItem): Promise<Progressed> {
  const { parts, write } = chain.store;
  const { disputedAt } = nonce;
  const lastUsed = await chain.node.lastUsedBy(chain.signer);
  if (lastUsed === undefined || lastUsed < nonce.nonce) return false;
  if (disputedAt === undefined)
    return await write([parts.replaceNonce(nonce, { ...nonce, disputedAt: chain.now() })]);
  return chain.now() - disputedAt > LAG ? await yieldNonce(chain, nonce) : false;
}

/** A transaction that is not ours used this nonce: its job waits for another. */
async function yieldNonce({ store }: Chain, nonce: NonceItem): Promise<Progressed> {
  const { job, ...rest } = nonce;
  return await store.write([
    store.parts.replaceNonce(nonce, { ...rest, state: 'foreign' }),
    ...(job ? [store.parts.putJob(job)] : []),
  ]);
}

/** The node will never take this call, and never has: its item failed. The nonce goes to the next job, or is used up, or was never given. */
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
  // With nothing else to send, the same is sent again a little later.
  if (other?.raw === nonce.raw) return false;
  const instead = other
    ? [parts.replaceNonce(nonce, other), ...(next ? [parts.removeJob(next)] : [])]
    : [parts.takeBack(nonce.nonce), parts.removeNonce(nonce)];
  const end: End = nonce.job ? { nonce, outcome: failed(reason) } : { nonce };
  const settled = await settleGroup(chain, [end], instead);
  return settled === 'settled' || (settled === 'before' && (await chain.store.write(instead)));
}
