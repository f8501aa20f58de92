import type { Item, Key } from '../../../core/dynamo/store.ts';

/** A price that is to be set on the chain, and the operation of a batch that it ends. */
export interface Job {
  batch: string;
  chunk: number;
  index: number;
  contentId: string;
  /** Micro-STX. */
  price: number;
}

/** A job that has no nonce yet. They are taken in the order of their keys. */
export interface WaitingJob extends Job, Key {}

/** Where the signer stands. All nonces below `confirmed` are settled, those from there below `next` are on their way. */
export interface SignerState {
  next: number;
  confirmed: number;
}

/**
 * A nonce that was given out. The signed bytes are stored with it before anybody sends them, so that whoever finds it sends the very same
 * transaction. `signed`: maybe sent. `sent`: the node took it. `foreign`: a transaction that is not ours used it.
 */
export interface NonceItem extends Key {
  nonce: number;
  state: 'signed' | 'sent' | 'foreign';
  /** Absent for a transaction that does nothing but use its nonce. */
  job?: Job & { sk: string };
  /** The signed transaction in hexadecimal. */
  raw: string;
  /** Every transaction that was signed for this nonce, the latest last: with a fee too low there are several. */
  txIds: string[];
  /** Micro-STX. */
  fee: number;
  /** When the latest of them was signed, in milliseconds since the epoch. */
  signedAt: number;
  /** The only driver that may have sent it; absent once another may have. */
  sender?: string;
  /**
   * Why the node refused the call for good, although it may have taken it before, and the transactions that were signed to use the nonce up
   * instead: the chain mines one or the other, and only then is it known whether the call failed.
   */
  refusal?: { reason: string; txIds: string[] };
  /** When the node's API first knew the nonce as used and none of our transactions for it, likewise. */
  disputedAt?: number;
}

const padded = (n: number, digits: number) => String(n).padStart(digits, '0');

/** Jobs wait in the order in which their chunks were worked on, whatever creator they are from. */
export const waitingJobs = 'CHAIN';

export const waitingJob = (job: Job, now: number): Item => ({
  pk: waitingJobs,
  sk: `${padded(now, 15)}#${job.batch}#${padded(job.chunk, 5)}#${padded(job.index, 2)}`,
  ...job,
});

/** When a price was asked for, in milliseconds since the epoch. */
export const requestedAt = ({ sk }: Pick<WaitingJob, 'sk'>): number => Number.parseInt(sk, 10);

export const stateKey = (signer: string): Key => ({ pk: `SIGNER#${signer}`, sk: 'STATE' });
export const leaseKey: Key = { pk: 'CHAIN-DRIVER', sk: 'LEASE' };
export const nonceKey = (signer: string, nonce: number): Key => ({
  pk: `SIGNER#${signer}`,
  sk: `NONCE#${padded(nonce, 15)}`,
});
