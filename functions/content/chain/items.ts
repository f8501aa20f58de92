import * as z from 'zod';
import type { Item, Key } from '../../../core/dynamo/store.ts';
import { stored } from '../../../core/dynamo/version.ts';

/** A price to be set on the chain, and the operation of a batch that ends with it. */
const PriceJob = z.object({
  batch: z.string(),
  chunk: z.int(),
  index: z.int(),
  contentId: z.string(),
  /** Micro-STX. */
  price: z.int(),
});
export type PriceJob = z.output<typeof PriceJob>;

/** A job with its sort key, which is its place in the queue. */
const QueuedPriceJob = PriceJob.extend({ sk: z.string() });
export type QueuedPriceJob = z.output<typeof QueuedPriceJob>;

/** A job that has no nonce yet. Jobs are taken in the order of their keys. */
export const WaitingPriceJob = stored('waiting price', QueuedPriceJob.extend({ pk: z.string() }));
export type WaitingPriceJob = z.output<typeof WaitingPriceJob>;

/** The numbering of the signer's nonces, as it is stored. */
export const SignerState = stored(
  'numbering of nonces',
  z.object({
    /** The nonce that is given out next. */
    next: z.int(),
    /** Nonces below it are settled for good: under enough confirmations. */
    confirmed: z.int(),
    /** Nonces below it are in a block; absent if that was not told apart from `confirmed`. */
    mined: z.int().optional(),
    /** Since when the chain expects a lower nonce than `mined`, in milliseconds since the epoch. */
    lowerSince: z.number().optional(),
    /**
     * Time at which a fork was last followed, in milliseconds since the epoch: what was sent before is sent
     * again.
     */
    forkedAt: z.number().optional(),
    /**
     * The height of the burn chain and when it was read, in milliseconds since the epoch. Confirmations are
     * counted up to it once every node is past that instant.
     */
    tip: z.object({ height: z.int(), seenAt: z.number() }).optional(),
  }),
);
export type SignerState = z.output<typeof SignerState>;

/** The numbering as the driver works with it: `confirmed` ≤ `mined` ≤ `next`. */
export type Numbering = SignerState & { mined: number };

/**
 * A nonce that was given out. The signed bytes are stored before they are sent (an outbox), so every driver
 * sends the very same transaction. `signed`: possibly sent. `sent`: the node took it. `foreign`: a
 * transaction that is not ours used the nonce.
 */
export const NonceItem = stored(
  'nonce',
  z.object({
    pk: z.string(),
    sk: z.string(),
    nonce: z.int(),
    state: z.enum(['signed', 'sent', 'foreign']),
    /** Absent for a transaction that does nothing but use its nonce. */
    job: QueuedPriceJob.optional(),
    /** The signed transaction in hexadecimal. */
    raw: z.string(),
    /** Every transaction that was signed for this nonce, the latest last: raising a fee adds one. */
    txIds: z.array(z.string()),
    /** Micro-STX. */
    fee: z.int(),
    /** Time at which the latest transaction was signed, in milliseconds since the epoch. */
    signedAt: z.number(),
    /** The only driver that may have sent it; absent once another driver may have. */
    sender: z.string().optional(),
    /** Time at which the node last took it, in milliseconds since the epoch; absent means `signedAt`. */
    sentAt: z.number().optional(),
    /**
     * The reason and the time of the node's refusal. It may have taken the call all the same, so the call is
     * looked for as long as the API may lag. `sentBefore`: an earlier answer was lost, or the node took it
     * before, so that only the chain can tell.
     */
    refused: z.object({ reason: z.string(), at: z.number(), sentBefore: z.boolean().optional() }).optional(),
    /**
     * Why the node refused the call for good although it may have taken it before, and the transactions that
     * were signed to use up the nonce instead. The chain mines one or the other; only then is it known
     * whether the call failed.
     */
    refusal: z.object({ reason: z.string(), txIds: z.array(z.string()) }).optional(),
    /**
     * Time at which the node's API first showed the nonce as used and none of our transactions for it, in
     * milliseconds since the epoch.
     */
    disputedAt: z.number().optional(),
  }),
);
export type NonceItem = z.output<typeof NonceItem>;

const padded = (n: number, digits: number) => String(n).padStart(digits, '0');

/**
 * The partition of the jobs that wait: one queue for all creators, in the order in which their chunks were
 * applied.
 */
export const waitingJobsPartition = 'CHAIN';

/** @param now milliseconds since the epoch; it orders the queue. */
export const waitingJobItem = (job: PriceJob, now: number): Item => ({
  pk: waitingJobsPartition,
  sk: `${padded(now, 15)}#${job.batch}#${padded(job.chunk, 5)}#${padded(job.index, 2)}`,
  ...job,
});

/** The time at which a price was requested, in milliseconds since the epoch. */
export const requestedAt = ({ sk }: QueuedPriceJob): number => Number.parseInt(sk, 10);

/** An operation whose transaction is in a block, and is not settled for good. */
export const ConfirmingItem = stored(
  'confirming operation',
  z.object({
    pk: z.string(),
    sk: z.string(),
    contentId: z.string(),
    txId: z.string(),
  }),
);

/** The partition of a batch's operations that wait for confirmations. */
export const confirmingPartition = (batch: string): string => `CONFIRMING#${batch}`;

export const confirmingKey = ({ batch, chunk, index }: PriceJob): Key => ({
  pk: confirmingPartition(batch),
  sk: `${padded(chunk, 5)}#${padded(index, 2)}`,
});

export const signerKey = (signer: string): Key => ({ pk: `SIGNER#${signer}`, sk: 'STATE' });
export const leaseKey: Key = { pk: 'CHAIN-DRIVER', sk: 'LEASE' };
export const nonceKey = (signer: string, nonce: number): Key => ({
  pk: `SIGNER#${signer}`,
  sk: `NONCE#${padded(nonce, 15)}`,
});
