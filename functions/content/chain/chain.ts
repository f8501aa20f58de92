import type { Settled, Settlement } from '../../../core/batch/settle.ts';
import type { Job, NonceItem } from './items.ts';
import type { SignedCall } from './stacks-call.ts';
import type { StacksNode, TxStatus } from './stacks-node.ts';
import type { ChainStore } from './store.ts';

/** What the driver works with. */
export interface Chain {
  node: StacksNode;
  store: ChainStore;
  signer: string;
  /** Micro-STX for one call. */
  fee: number;
  signPrice(job: Job, terms: { nonce: number; fee: number }): Promise<SignedCall>;
  signSkip(terms: { nonce: number; fee: number }): Promise<SignedCall>;
  settle(settlement: Settlement): Promise<Settled>;
  contentTable: string;
  /** The name of this driver, which no other ever has. */
  driver: string;
  /** The bytes that this driver has signed and not sent itself. While it is a nonce's `sender`, nobody else has either. */
  unsent: Set<string>;
  /** Whether this is still the only driver. */
  alone(): Promise<boolean>;
  now(): number;
  pause(milliseconds: number): Promise<void>;
}

/** How long a node's API may not know yet what the node has taken, in milliseconds. */
export const LAG = 15_000;

/** What a step of the driver says: `false` if nothing happened. */
export type Progressed = boolean;

/** Where a nonce stands by whichever of its transactions the chain took. */
export async function latest(
  chain: Chain,
  { txIds, refusal }: NonceItem,
): Promise<{ status: TxStatus; txId: string }> {
  let seen: { status: TxStatus; txId: string } = { status: { kind: 'missing' }, txId: '' };
  for (const txId of [...txIds, ...(refusal?.txIds ?? [])].toReversed()) {
    const status = await chain.node.statusOf(txId);
    if (status.kind === 'success' || status.kind === 'aborted' || status.kind === 'unknown')
      return { status, txId };
    if (status.kind !== 'missing') seen = { status, txId };
  }
  return seen;
}
