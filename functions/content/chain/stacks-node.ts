import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';

/** How long a node may take to answer, in milliseconds. */
const TIMEOUT = 8_000;

/** How often a node that is busy is asked in a row, and after how many milliseconds each. */
const TRIES = 3;
const BREATH = 100;

interface Answer {
  /** 0 without one. */
  status: number;
  body: unknown;
}

/** What a node said to a transaction. */
export type Broadcast =
  | { kind: 'accepted' }
  | {
      kind: 'rejected';
      reason: string;
      expected?: number | undefined;
      actual?: number | undefined;
      /** Whether it was sent once; of what was sent more often the node may have taken one and refused the next. */
      once: boolean;
    }
  /** No answer, or none that says whether the node took it. */
  | { kind: 'unknown' };

/** Where a transaction stands. `missing`: the node does not know it, or has dropped it. */
export type TxStatus =
  | { kind: 'pending' | 'missing' | 'unknown' }
  | { kind: 'success' }
  | { kind: 'aborted'; reason: string };

/** The few questions that we have for a Stacks node and its API. None of them throws for what a network does. */
export interface StacksNode {
  broadcast(raw: string): Promise<Broadcast>;
  statusOf(txId: string): Promise<TxStatus>;
  /** The next nonce that the chain expects of an account, if the node tells. */
  nonceOf(address: string): Promise<number | undefined>;
  /** The last nonce of an account that was used in a block which the node's API, later than the node, has seen; -1 without any. */
  lastUsedBy(address: string): Promise<number | undefined>;
}

const Rejection = z.object({
  reason: z.string().optional(),
  reason_data: z
    .object({ expected: z.number().optional(), actual: z.number().optional() })
    .partial()
    .nullish(),
});
const Transaction = z.object({
  tx_status: z.string(),
  tx_result: z.object({ repr: z.string() }).optional(),
  /** False for one whose block is on a fork that the chain has left. */
  canonical: z.boolean().optional(),
});
const Account = z.object({ nonce: z.int().nonnegative() });
const Nonces = z.object({ last_executed_tx_nonce: z.int().nullable() });

/**
 * @param apiUrl without a slash at its end.
 * @param apiKey what the node's provider lets more requests through for, if it gave any (docs.hiro.so, "API keys").
 */
export function stacksNode(apiUrl: string, apiKey?: string): StacksNode {
  const authorized: Record<string, string> = apiKey ? { 'x-api-key': apiKey } : {};
  /** Asks once. Whether a node was only busy, and did not let us wait, tells whether it may be asked again at once. */
  const attempt = async (path: string, init?: RequestInit): Promise<Answer & { busy: boolean }> => {
    const headers = { ...authorized, ...(init?.body ? { 'Content-Type': 'application/json' } : {}) };
    try {
      const response = await fetch(apiUrl + path, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT) });
      const busy = response.status >= 500;
      // Something in between may answer with a page in HTML, which is no answer of the node's.
      return await response.json().then(
        (body: unknown) => ({ status: response.status, body, busy }),
        () => ({ status: 0, body: undefined, busy }),
      );
    } catch (error) {
      return { status: 0, body: undefined, busy: (error as Error).name !== 'TimeoutError' };
    }
  };
  /** Everything that is asked here may be asked twice. What a node says to a second sending says nothing of the first, which has no answer. */
  const asked = async (path: string, init?: RequestInit): Promise<Answer & { tries: number }> => {
    for (let tries = 1; ; tries++) {
      const { busy, ...answer } = await attempt(path, init);
      if (!busy || tries === TRIES) return { ...answer, tries };
      await setTimeout(BREATH);
    }
  };
  return {
    async broadcast(raw) {
      const { status, body, tries } = await asked('/v2/transactions', {
        method: 'POST',
        body: JSON.stringify({ tx: raw }),
      });
      if (status === 200) return { kind: 'accepted' };
      const rejection = Rejection.safeParse(body);
      // A 429 comes as JSON too, but without a reason: only a reason is a decision about the transaction.
      if (status !== 400 || !rejection.data?.reason) return { kind: 'unknown' };
      const { reason, reason_data } = rejection.data;
      const { expected, actual } = reason_data ?? {};
      return { kind: 'rejected', reason, expected, actual, once: tries === 1 };
    },
    async statusOf(txId) {
      const { status, body } = await asked(`/extended/v1/tx/${txId}`);
      if (status === 404) return { kind: 'missing' };
      const transaction = Transaction.safeParse(body).data;
      if (status !== 200 || !transaction) return { kind: 'unknown' };
      const { tx_status, tx_result, canonical } = transaction;
      if (canonical === false || tx_status.startsWith('dropped')) return { kind: 'missing' };
      if (tx_status === 'success' || tx_status === 'pending') return { kind: tx_status };
      if (!tx_status.startsWith('abort')) return { kind: 'unknown' };
      return { kind: 'aborted', reason: [tx_status, tx_result?.repr].filter(Boolean).join(' ') };
    },
    async nonceOf(address) {
      const { body } = await asked(`/v2/accounts/${address}?proof=0`);
      return Account.safeParse(body).data?.nonce;
    },
    async lastUsedBy(address) {
      const { body } = await asked(`/extended/v1/address/${address}/nonces`);
      const last = Nonces.safeParse(body).data?.last_executed_tx_nonce;
      return last === null ? -1 : last;
    },
  };
}
