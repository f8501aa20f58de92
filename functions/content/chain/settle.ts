import type { Settled } from '../../../core/batch/settle.ts';
import { timestamp } from '../../../core/clock.ts';
import type { Action } from '../../../core/dynamo/store.ts';
import { present } from '../../../core/invariant.ts';
import { type ContentDone, type ContentFailure, contentKey } from '../batch/operation.ts';
import { apiLagMs, type Chain, latest, type Progressed } from './chain.ts';
import type { NonceItem, SignerState } from './items.ts';
import { raiseFee } from './sign.ts';

/** The time without being mined after which a transaction is sent with a higher fee, in milliseconds. */
export const feeRaiseAfterMs = 5 * 60_000;

/** A nonce that has ended on the chain, and the outcome of its job, if it has one that ended with it. */
export type NonceEnd = {
  nonce: NonceItem;
  outcome?: { result: ContentDone } | { error: ContentFailure };
  txId?: string;
};

export const onChainFailure = (reason: string, txId?: string): { error: ContentFailure } => ({
  error: { error: 'On-chain update failed', reason, ...(txId ? { txId } : {}) },
});

/** @returns `undefined` while the nonce has not ended. */
async function endOf(chain: Chain, nonce: NonceItem): Promise<NonceEnd | undefined> {
  if (nonce.state === 'foreign') return { nonce };
  if (nonce.state === 'signed') return undefined;
  const { status, txId } = await latest(chain, nonce);
  if (status.kind === 'success' || status.kind === 'aborted')
    return minedEnd(nonce, present(txId, 'a mined nonce has a transaction'), status);
  const ageMs = chain.now() - nonce.signedAt;
  if (status.kind === 'missing' && ageMs > apiLagMs) await sendAgain(chain, nonce);
  else if (status.kind === 'pending' && ageMs > feeRaiseAfterMs) await raiseFee(chain, nonce, txId);
  return undefined;
}

function minedEnd(
  nonce: NonceItem,
  txId: string,
  status: { kind: 'success' } | { kind: 'aborted'; reason: string },
): NonceEnd {
  if (nonce.refusal?.txIds.includes(txId)) return { nonce, outcome: onChainFailure(nonce.refusal.reason) };
  if (status.kind === 'aborted') return { nonce, txId, outcome: onChainFailure(status.reason, txId) };
  return { nonce, txId, outcome: { result: { message: `Price updated to ${nonce.job?.price} STX`, txId } } };
}

/** Marks a transaction that the node has forgotten for sending again, with the very same bytes. */
const sendAgain = ({ store }: Chain, nonce: NonceItem): Promise<Progressed> =>
  store.write([store.parts.replaceNonce(nonce, { ...nonce, state: 'signed' })]);

/**
 * Settles nonces from the first unsettled one as far as they have ended, the operations of one chunk at a
 * time.
 */
export async function settleEnded(
  chain: Chain,
  state: SignerState,
  nonces: NonceItem[],
): Promise<Progressed> {
  const group: NonceEnd[] = [];
  for (const nonce of nonces) {
    const [first] = group;
    if (first && !sameChunk(first.nonce, nonce)) break;
    const end = await endOf(chain, nonce);
    if (!end) break;
    group.push(end);
    if (!nonce.job) break;
  }
  if (group.length === 0) return false;
  const settled = await settleGroup(chain, group, endActions(chain, state, group));
  if (settled !== 'before') return settled === 'settled';
  // One of them was settled before, so they go one by one; where the outcome is recorded already, only the
  // nonce is closed.
  const alone = group.slice(0, 1);
  const actions = endActions(chain, state, alone);
  return (await settleGroup(chain, alone, actions)) === 'settled' || (await chain.store.write(actions));
}

function endActions(chain: Chain, state: SignerState, group: NonceEnd[]): Action[] {
  const { parts } = chain.store;
  return [
    parts.confirm(state.confirmed, group.length),
    ...group.map(({ nonce }) => parts.removeNonce(nonce)),
    ...priceActions(chain, group),
  ];
}

const sameChunk = ({ job: one }: NonceItem, { job: other }: NonceItem): boolean =>
  one !== undefined && one.batch === other?.batch && one.chunk === other.chunk;

/**
 * Updates the stored prices to those that the chain confirmed; of several for one content the last is the
 * chain's.
 */
function priceActions(chain: Chain, group: NonceEnd[]): Action[] {
  const confirmed = group.flatMap(({ nonce: { job }, outcome, txId }) =>
    job && outcome && 'result' in outcome ? [{ ...job, txId }] : [],
  );
  const last = new Map(confirmed.map((job) => [job.contentId, job]));
  return [...last.values()].map(({ contentId, price, txId }) => ({
    Update: {
      TableName: chain.contentTable,
      Key: contentKey(contentId),
      UpdateExpression: 'SET price = :price, priceTxId = :tx, updatedAt = :now',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':price': price, ':tx': txId, ':now': timestamp(chain.now()) },
    },
  }));
}

/** Ends the operations of a group, together with these actions: in one transaction, or neither. */
export async function settleGroup(chain: Chain, group: NonceEnd[], actions: Action[]): Promise<Settled> {
  const job = group[0]?.nonce.job;
  const outcomes = group.flatMap(({ nonce, outcome }) =>
    nonce.job && outcome ? [{ index: nonce.job.index, outcome }] : [],
  );
  if (!job || outcomes.length === 0) return (await chain.store.write(actions)) ? 'settled' : 'refused';
  return await chain.settle({ batch: job.batch, chunk: job.chunk, outcomes, actions });
}
