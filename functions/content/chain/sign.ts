import type { Chain, Progressed } from './chain.ts';
import type { NonceItem, Numbering, QueuedPriceJob, WaitingPriceJob } from './items.ts';
import { type NewNonce, noncesAtOnceMax } from './store.ts';

/** The factor by which a fee is raised. Nodes replace a transaction for a tenth more. */
const feeRaiseRatio = 1.25;

/** The highest fee as a multiple of the first. */
const feeRatioMax = 20;

const queued = ({ pk: _pk, ...job }: WaitingPriceJob): QueuedPriceJob => job;

/**
 * A nonce with its signed transaction: the price of the next job, or without one a call that only uses the
 * nonce.
 */
export async function signedItem(
  chain: Chain,
  next: WaitingPriceJob | undefined,
  nonce: number,
): Promise<NewNonce> {
  const terms = { nonce, fee: chain.fee };
  const call = next ? await chain.signPrice(next, terms) : await chain.signSkip(terms);
  chain.unsent.add(call.raw);
  return {
    ...{ nonce, state: 'signed', raw: call.raw, txIds: [call.txId], fee: chain.fee, signedAt: chain.now() },
    sender: chain.driver,
    ...(next ? { job: queued(next) } : {}),
  };
}

/** Gives nonces to waiting jobs, as many as may be in flight, and stores the transactions signed for them. */
export async function signWaiting(chain: Chain, state: Numbering): Promise<Progressed> {
  const { next, mined } = state;
  const room = noncesAtOnceMax - (next - mined);
  const waiting = room > 0 ? await chain.store.waiting(room + 1) : [];
  const jobs = waiting.slice(0, room);
  if (jobs.length === 0) return false;
  const items = await Promise.all(jobs.map((job, position) => signedItem(chain, job, next + position)));
  const { parts } = chain.store;
  const signed = await chain.store.write([
    parts.move(state, { next: next + jobs.length }),
    ...items.map((item) => parts.putNonce(item)),
    ...jobs.map((job) => parts.removeJob(job)),
  ]);
  if (signed) await goOnAfter(chain, jobs, waiting[room]);
  return signed;
}

/**
 * Lets the next chunks join the queue after those of which no job waits any more. So one chunk of a tenant
 * waits at a time, and a batch does not wait for the confirmations of its chunks one after another.
 *
 * @param jobs those that left the queue, in its order; the jobs of a chunk follow each other.
 * @param next the job that is now the first in the queue.
 */
export async function goOnAfter(
  chain: Chain,
  jobs: WaitingPriceJob[],
  next: WaitingPriceJob | undefined,
): Promise<void> {
  for (const [position, { batch, chunk }] of jobs.entries()) {
    const after = jobs[position + 1] ?? next;
    if (after?.batch !== batch || after.chunk !== chunk) await chain.goOn({ batch, chunk });
  }
}

/**
 * Signs the same call for the same nonce with a higher fee, or its substitute if the substitute is what waits
 * to be mined. All transactions of a nonce are kept, since any of them may be the one that is mined.
 *
 * @param pending the id of the transaction that waits, if one does.
 */
export async function raiseFee(chain: Chain, nonce: NonceItem, pending?: string): Promise<Progressed> {
  const fee = Math.min(Math.ceil(nonce.fee * feeRaiseRatio), chain.fee * feeRatioMax);
  if (fee <= nonce.fee) return false;
  if (nonce.refusal && !(pending && nonce.txIds.includes(pending)))
    return await useUp(chain, { ...nonce, fee }, nonce.refusal.reason);
  const { job } = nonce;
  const terms = { nonce: nonce.nonce, fee };
  const call = job ? await chain.signPrice(job, terms) : await chain.signSkip(terms);
  const item = { ...nonce, fee, raw: call.raw, txIds: [...nonce.txIds, call.txId], signedAt: chain.now() };
  return await chain.store.write([chain.store.parts.replaceNonce(nonce, { ...item, state: 'signed' })]);
}

/**
 * Signs a call that does nothing as the substitute of one that the node refuses and may have taken before.
 */
export async function useUp(chain: Chain, nonce: NonceItem, reason: string): Promise<Progressed> {
  const call = await chain.signSkip({ nonce: nonce.nonce, fee: nonce.fee });
  const refusal = { reason, txIds: [...new Set([...(nonce.refusal?.txIds ?? []), call.txId])] };
  const { refused: _, ...rest } = nonce;
  const item: NonceItem = { ...rest, state: 'signed', raw: call.raw, refusal, signedAt: chain.now() };
  return await chain.store.write([chain.store.parts.replaceNonce(nonce, item)]);
}
