import type { Settled } from '../../../core/batch/settle.ts';
import { timestamp } from '../../../core/clock.ts';
import type { Action } from '../../../core/dynamo/store.ts';
import { present } from '../../../core/invariant.ts';
import { type ContentDone, type ContentFailure, contentKey } from '../batch/operation.ts';
import { type Chain, latest, type Progressed } from './chain.ts';
import type { NonceItem, Numbering } from './items.ts';
import type { MinedStatus } from './node.ts';
import { noncesKept } from './store.ts';

/** Nonces that are settled together: at most the operations of one chunk. */
const noncesPerSettlement = 25;

/** A nonce that has ended on the chain, and the outcome of its job, if it has one that ended with it. */
export type NonceEnd = {
  nonce: NonceItem;
  outcome?: { result: ContentDone } | { error: ContentFailure };
  txId?: string;
};

export const onChainFailure = (reason: string, txId?: string): { error: ContentFailure } => ({
  error: { error: 'On-chain update failed', reason, ...(txId ? { txId } : {}) },
});

/**
 * The end of a nonce that was in a block.
 *
 * @param tip the height of the burn chain, as it was before the node's answer.
 * @returns `waiting` without enough confirmations, `gone` if the node knows none of its transactions.
 */
async function endOf(chain: Chain, nonce: NonceItem, tip: number): Promise<NonceEnd | 'waiting' | 'gone'> {
  if (nonce.state === 'foreign') return { nonce };
  const { status, txId } = await latest(chain, nonce);
  if (status.kind === 'missing') return 'gone';
  if (status.kind !== 'success' && status.kind !== 'aborted') return 'waiting';
  // The block of the transaction is its first confirmation.
  if (tip - status.burnHeight + 1 < chain.confirmations) return 'waiting';
  return minedEnd(nonce, present(txId, 'a mined nonce has a transaction'), status);
}

function minedEnd(nonce: NonceItem, txId: string, status: MinedStatus): NonceEnd {
  if (nonce.refusal?.txIds.includes(txId)) return { nonce, outcome: onChainFailure(nonce.refusal.reason) };
  if (status.kind === 'aborted') return { nonce, txId, outcome: onChainFailure(status.reason, txId) };
  return { nonce, txId, outcome: { result: { message: `Price updated to ${nonce.job?.price} STX`, txId } } };
}

/**
 * Settles nonces from the first that is not settled, as far as they have enough confirmations, the operations
 * of one chunk at a time. The last of them are kept with their bytes.
 *
 * Nodes behind one address lag by different times, so a height and a status of two answers do not belong
 * together: a transaction that a fork moved up would seem to have the confirmations of its old place. So they
 * are counted up to a height that was read before the lag's whole length.
 *
 * @returns `gone` if the node knows no transaction of the first: something else is in its place.
 */
export async function settleConfirmed(chain: Chain, state: Numbering): Promise<Progressed | 'gone'> {
  const { confirmed, mined } = state;
  if (confirmed === mined) return false;
  const { tip } = state;
  const isDue = tip !== undefined && chain.now() - tip.seenAt > chain.apiLagMs;
  // Whether the first is gone is asked for at each step while it is doubted.
  if (tip && !isDue && state.lowerSince === undefined) return false;
  const group: NonceEnd[] = [];
  for (const nonce of await chain.store.nonces(confirmed, Math.min(mined, confirmed + noncesPerSettlement))) {
    const [first] = group;
    if (first && !sameChunk(first.nonce, nonce)) break;
    const end = await endOf(chain, nonce, isDue ? tip.height : 0);
    if (end === 'gone' && !first) return 'gone';
    if (end === 'gone' || end === 'waiting') break;
    group.push(end);
    if (!nonce.job) break;
  }
  if (group.length === 0) return isDue || !tip ? await readTip(chain, state) : false;
  const actions = endActions(chain, state, group, priceActions(chain, group));
  const settled = await settleGroup(chain, group, actions);
  return (
    settled === 'settled' || (settled === 'before' && (await settleFirst(chain, state, group.slice(0, 1))))
  );
}

/** Reads the height up to which confirmations are counted next, unless the burn chain stands still. */
async function readTip({ store, node, now }: Chain, state: Numbering): Promise<Progressed> {
  const height = await node.burnHeight();
  if (height === undefined || height === state.tip?.height) return false;
  return await store.write([store.parts.move(state, { tip: { height, seenAt: now() } })]);
}

/**
 * Settles one nonce alone: of its group some were settled before. Where the outcome is recorded already, only
 * the nonce is closed, and the stored price follows the chain.
 */
async function settleFirst(chain: Chain, state: Numbering, alone: NonceEnd[]): Promise<Progressed> {
  const actions = endActions(chain, state, alone, priceActions(chain, alone));
  const settled = await settleGroup(chain, alone, actions);
  if (settled !== 'before') return settled === 'settled';
  const failed = alone.find(({ outcome }) => outcome && 'error' in outcome)?.nonce;
  if (!failed) return await chain.store.write(actions);
  const prices = await priceOfUndone(chain, failed);
  return prices ? await chain.store.write(endActions(chain, state, alone, prices)) : false;
}

/**
 * Stores the price that the chain has for the content of a call that was settled before a deep fork, and has
 * failed after it. Its batch has ended and still tells the first outcome, so the operator is told.
 *
 * @returns `undefined` without an answer of the node.
 */
export async function priceOfUndone(chain: Chain, { nonce, job }: NonceItem): Promise<Action[] | undefined> {
  if (!job) return [];
  const prices = await priceOfChain(chain, job.contentId);
  if (prices)
    chain.alarm({
      ...{ nonce, nonces: 1, batch: job.batch },
      message: 'a settled call failed after a fork: its batch may call it successful, see docs/operating.md',
    });
  return prices;
}

/**
 * Stores the price that the chain has for a content now.
 *
 * @returns `undefined` without an answer of the node.
 */
export async function priceOfChain(chain: Chain, contentId: string): Promise<Action[] | undefined> {
  const price = await chain.priceOf(contentId);
  return price === undefined ? undefined : [priceAction(chain, { contentId, price, txId: null })];
}

function endActions(chain: Chain, state: Numbering, group: NonceEnd[], prices: Action[]): Action[] {
  const { parts } = chain.store;
  const ended = group.flatMap(({ nonce: { job }, outcome }) => (job && outcome ? [job] : []));
  return [
    parts.move(state, { confirmed: state.confirmed + group.length }),
    ...group.flatMap(({ nonce: { nonce } }) =>
      nonce < noncesKept ? [] : [parts.forgetNonce(nonce - noncesKept)],
    ),
    ...ended.map((job) => parts.removeConfirming(job)),
    ...prices,
  ];
}

const sameChunk = ({ job: one }: NonceItem, { job: other }: NonceItem): boolean =>
  one !== undefined && one.batch === other?.batch && one.chunk === other.chunk;

/**
 * Updates the stored prices to those that the chain confirmed; of several for one content the last is the
 * chain's.
 */
function priceActions(chain: Chain, group: NonceEnd[]): Action[] {
  const confirmed = group.flatMap(({ nonce: { job }, outcome, txId = null }) =>
    job && outcome && 'result' in outcome ? [{ ...job, txId }] : [],
  );
  const last = new Map(confirmed.map((job) => [job.contentId, job]));
  return [...last.values()].map((job) => priceAction(chain, job));
}

/** Stores the price of a content, and the transaction that set it if it is known. */
const priceAction = (
  chain: Chain,
  { contentId, price, txId }: { contentId: string; price: number | null; txId: string | null },
): Action => ({
  Update: {
    TableName: chain.contentTable,
    Key: contentKey(contentId),
    UpdateExpression: 'SET price = :price, priceTxId = :tx, updatedAt = :now',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ':price': price, ':tx': txId, ':now': timestamp(chain.now()) },
  },
});

/** Ends the operations of a group, together with these actions: in one transaction, or neither. */
export async function settleGroup(chain: Chain, group: NonceEnd[], actions: Action[]): Promise<Settled> {
  const job = group[0]?.nonce.job;
  const outcomes = group.flatMap(({ nonce, outcome }) =>
    nonce.job && outcome ? [{ index: nonce.job.index, outcome }] : [],
  );
  if (!job || outcomes.length === 0) return (await chain.store.write(actions)) ? 'settled' : 'refused';
  return await chain.settle({ batch: job.batch, chunk: job.chunk, outcomes, actions });
}
