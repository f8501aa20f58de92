import type { Settled } from '../../../core/batch/settle.ts';
import { timestamp } from '../../../core/clock.ts';
import type { Action } from '../../../core/dynamo/store.ts';
import { contentKey, type Done, type Failure } from '../batch/operation.ts';
import { type Chain, LAG, latest, type Progressed } from './chain.ts';
import type { NonceItem, SignerState } from './items.ts';
import { raiseFee } from './sign-nonces.ts';

/** After how long without being mined a transaction is sent with a higher fee, in milliseconds. */
export const STUCK = 5 * 60_000;

/** How a nonce ended on the chain; `undefined` while it has not. */
export type End = { nonce: NonceItem; outcome?: { result: Done } | { error: Failure }; txId?: string };

export const failed = (reason: string, txId?: string): { error: Failure } => ({
  error: { error: 'On-chain update failed', reason, ...(txId ? { txId } : {}) },
});

async function endOf(chain: Chain, nonce: NonceItem): Promise<End | undefined> {
  if (nonce.state === 'foreign') return { nonce };
  if (nonce.state === 'signed') return undefined;
  const { status, txId } = await latest(chain, nonce);
  const isMined = status.kind === 'success' || status.kind === 'aborted';
  if (isMined && nonce.refusal?.txIds.includes(txId)) return { nonce, outcome: failed(nonce.refusal.reason) };
  if (status.kind === 'success') {
    const message = `Price updated to ${nonce.job?.price} STX`;
    return { nonce, txId, outcome: { result: { message, txId } } };
  }
  if (status.kind === 'aborted') return { nonce, txId, outcome: failed(status.reason, txId) };
  const age = chain.now() - nonce.signedAt;
  if (status.kind === 'missing' && age > LAG) await sendAgain(chain, nonce);
  else if (status.kind === 'pending' && age > STUCK) await raiseFee(chain, nonce, txId);
  return undefined;
}

/** Has what a node has forgotten sent once more, the very same bytes. */
const sendAgain = ({ store }: Chain, nonce: NonceItem): Promise<Progressed> =>
  store.write([store.parts.replaceNonce(nonce, { ...nonce, state: 'signed' })]);

/** Settles nonces from the first that is not, as far as they have ended, one chunk's items at a time. */
export async function settleEnded(
  chain: Chain,
  state: SignerState,
  nonces: NonceItem[],
): Promise<Progressed> {
  const group: End[] = [];
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
  // One of them was settled before, so they go one by one; what is on the record already only has its nonce closed.
  const alone = group.slice(0, 1);
  const actions = endActions(chain, state, alone);
  return (await settleGroup(chain, alone, actions)) === 'settled' || (await chain.store.write(actions));
}

function endActions(chain: Chain, state: SignerState, group: End[]): Action[] {
  const { parts } = chain.store;
  return [
    parts.confirm(state.confirmed, group.length),
    ...group.map(({ nonce }) => parts.removeNonce(nonce)),
    ...priceActions(chain, group),
  ];
}

const sameChunk = ({ job: one }: NonceItem, { job: other }: NonceItem): boolean =>
  one !== undefined && one.batch === other?.batch && one.chunk === other.chunk;

/** The database's prices, as the chain confirmed them: of several for one content the last is the one that the chain has. */
function priceActions(chain: Chain, group: End[]): Action[] {
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

export async function settleGroup(chain: Chain, group: End[], actions: Action[]): Promise<Settled> {
  const job = group[0]?.nonce.job;
  const outcomes = group.flatMap(({ nonce, outcome }) =>
    nonce.job && outcome ? [{ index: nonce.job.index, outcome }] : [],
  );
  if (!job || outcomes.length === 0) return (await chain.store.write(actions)) ? 'settled' : 'refused';
  return await chain.settle({ batch: job.batch, chunk: job.chunk, outcomes, actions });
}
