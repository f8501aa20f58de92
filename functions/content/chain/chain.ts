import type { Settled, Settlement } from '../../../core/batch/settle.ts';
import type { SignedCall } from './contract-call.ts';
import type { NonceItem, PriceJob } from './items.ts';
import type { StacksNode, TxStatus } from './node.ts';
import type { ChainStore } from './store.ts';

/** Dependencies of the driver. */
export interface Chain {
  node: StacksNode;
  store: ChainStore;
  signer: string;
  /** Micro-STX for one call. */
  fee: number;
  /** Burn blocks under which a call is settled for good. */
  confirmations: number;
  /** Time by which the node's API, or one node of several behind one address, may lag, in milliseconds. */
  apiLagMs: number;
  signPrice(job: PriceJob, terms: { nonce: number; fee: number }): Promise<SignedCall>;
  signSkip(terms: { nonce: number; fee: number }): Promise<SignedCall>;
  /**
   * The price of a content that the contract has at the chain's tip: null if none, `undefined` without an
   * answer.
   */
  priceOf(contentId: string): Promise<number | null | undefined>;
  settle(settlement: Settlement): Promise<Settled>;
  /** Lets the next chunk join the queue of the chain: all calls of this one have a nonce. */
  goOn(chunk: Pick<PriceJob, 'batch' | 'chunk'>): Promise<void>;
  /** Tells the operator what the chain did and what to do about it. */
  alarm(alarm: ChainAlarm): void;
  contentTable: string;
  /** The name of this driver; never used by another. */
  driver: string;
  /**
   * The bytes that this driver has signed and not sent itself. While it is a nonce's `sender`, no other
   * driver has sent them.
   */
  unsent: Set<string>;
  /** True while this driver holds the lease; renews it when due. */
  holdsLease(): Promise<boolean>;
  now(): number;
  pause(milliseconds: number): Promise<void>;
}

/** What an operator has to know of. */
export interface ChainAlarm {
  message: string;
  /** The nonce that the chain expects, or that of the call. */
  nonce: number;
  /** Nonces from there on that were in a block. */
  nonces: number;
  /** The batch of a call that failed after it was settled. */
  batch?: string;
}

/** The result of a step of the driver: `false` if nothing happened. */
export type Progressed = boolean;

/**
 * The status of a nonce by whichever of its transactions the chain took, the latest signed first.
 *
 * @returns with the status the transaction that has it; none if all are missing.
 */
export async function latest(
  { node }: Chain,
  { txIds, refusal }: NonceItem,
): Promise<{ status: TxStatus; txId?: string }> {
  let seen: { status: TxStatus; txId?: string } = { status: { kind: 'missing' } };
  for (const txId of [...txIds, ...(refusal?.txIds ?? [])].toReversed()) {
    const status = await node.statusOf(txId);
    if (status.kind === 'success' || status.kind === 'aborted' || status.kind === 'unknown')
      return { status, txId };
    if (status.kind !== 'missing') seen = { status, txId };
  }
  return seen;
}
