import type { Chain, Progressed } from './chain.ts';
import type { Job, NonceItem, SignerState, WaitingJob } from './items.ts';
import { IN_FLIGHT } from './store.ts';

/** By how much a fee is raised, and to how much at most, as multiples: of the fee before, and of the first. Nodes take a tenth more. */
const RAISE = { step: 1.25, most: 20 };

export async function signedItem(
  chain: Chain,
  next: WaitingJob | undefined,
  nonce: number,
): Promise<Omit<NonceItem, 'pk' | 'sk'>> {
  const terms = { nonce, fee: chain.fee };
  const call = next ? await chain.signPrice(next, terms) : await chain.signSkip(terms);
  chain.unsent.add(call.raw);
  const { pk: _, ...job } = next ?? { pk: '' };
  return {
    ...{ nonce, state: 'signed', raw: call.raw, txIds: [call.txId], fee: chain.fee, signedAt: chain.now() },
    sender: chain.driver,
    ...(next ? { job: job as Job & { sk: string } } : {}),
  };
}

/** Gives nonces to jobs that wait, as many as may be on their way, and stores what was signed for them. */
export async function signWaiting(chain: Chain, { next, confirmed }: SignerState): Promise<Progressed> {
  const room = IN_FLIGHT - (next - confirmed);
  const jobs = room > 0 ? await chain.store.waiting(room) : [];
  if (jobs.length === 0) return false;
  const items = await Promise.all(jobs.map((job, position) => signedItem(chain, job, next + position)));
  const { parts } = chain.store;
  return await chain.store.write([
    parts.give(next, jobs.length),
    ...items.map((item) => parts.putNonce(item)),
    ...jobs.map((job) => parts.removeJob(job)),
  ]);
}

/**
 * Signs the same call for the same nonce with a higher fee, or what takes its place if that is what waits to be mined. All of its transactions
 * are kept, since any of them may be the one that is mined.
 *
 * @param pending the transaction that waits, if any does.
 */
export async function raiseFee(chain: Chain, nonce: NonceItem, pending?: string): Promise<Progressed> {
  const fee = Math.min(Math.ceil(nonce.fee * RAISE.step), chain.fee * RAISE.most);
  if (fee <= nonce.fee) return false;
  if (nonce.refusal && !nonce.txIds.includes(pending ?? ''))
    return await useUp(chain, { ...nonce, fee }, nonce.refusal.reason);
  const { job } = nonce;
  const terms = { nonce: nonce.nonce, fee };
  const call = job ? await chain.signPrice(job, terms) : await chain.signSkip(terms);
  const item = { ...nonce, fee, raw: call.raw, txIds: [...nonce.txIds, call.txId], signedAt: chain.now() };
  return await chain.store.write([chain.store.parts.replaceNonce(nonce, { ...item, state: 'signed' })]);
}

/** Signs a transaction that does nothing in the place of a call that the node refuses, and may have taken before. */
export async function useUp(chain: Chain, nonce: NonceItem, reason: string): Promise<Progressed> {
  const call = await chain.signSkip({ nonce: nonce.nonce, fee: nonce.fee });
  const refusal = { reason, txIds: [...new Set([...(nonce.refusal?.txIds ?? []), call.txId])] };
  const item: NonceItem = { ...nonce, state: 'signed', raw: call.raw, refusal, signedAt: chain.now() };
  return await chain.store.write([chain.store.parts.replaceNonce(nonce, item)]);
}
