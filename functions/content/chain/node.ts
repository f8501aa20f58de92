import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';

/** Time that a node may take to answer, in milliseconds. */
const nodeTimeoutMs = 8_000;

/** Requests in a row to a node that is busy, and the pause between two of them in milliseconds. */
const busyTriesMax = 3;
const busyPauseMs = 100;

interface NodeAnswer {
  /** The HTTP status; 0 without an answer. */
  status: number;
  body: unknown;
}

/** A node's answer to a transaction that was sent to it. */
export type Broadcast =
  | { kind: 'accepted' }
  | {
      kind: 'rejected';
      reason: string;
      expected?: number | undefined;
      actual?: number | undefined;
      /**
       * True if it was sent once. If it was sent more often, the node may have taken the first and refused
       * the next.
       */
      once: boolean;
    }
  /** No answer, or one that leaves open whether the node took it. */
  | { kind: 'unknown' };

/** The status of a transaction. `missing`: the node does not know it, or has dropped it. */
export type TxStatus = { kind: 'pending' | 'missing' | 'unknown' } | MinedStatus;

/** The status of a transaction in a block, with the height of the burn block that its block belongs to. */
export type MinedStatus = { burnHeight: number } & (
  | { kind: 'success' }
  | { kind: 'aborted'; reason: string }
);

/** A client for a Stacks node and its API. Its methods do not throw when the network or the node fails. */
export interface StacksNode {
  broadcast(raw: string): Promise<Broadcast>;
  statusOf(txId: string): Promise<TxStatus>;
  /** The next nonce that the chain expects of an account; `undefined` without an answer. */
  nonceOf(address: string): Promise<number | undefined>;
  /**
   * The last nonce of an account that was used in a block which the node's API has seen; -1 if none was,
   * `undefined` without an answer. The API lags behind the node.
   */
  lastUsedBy(address: string): Promise<number | undefined>;
  /** The height of the burn chain that the node's API has seen; `undefined` without an answer. */
  burnHeight(): Promise<number | undefined>;
  /**
   * Calls a read-only function of a contract at the chain's tip.
   *
   * @param call the contract's address, its name and the function, and the arguments in hexadecimal.
   * @returns the result in hexadecimal; `undefined` without an answer, or if there is no such function.
   */
  callRead(call: ReadCall): Promise<string | undefined>;
}

/** A call of a read-only function of a contract. */
interface ReadCall {
  /** The contract's address and name, and the name of the function. */
  path: [address: string, contract: string, name: string];
  /** Hexadecimal. */
  args: string[];
}

const RejectionReply = z.object({
  reason: z.string().optional(),
  reason_data: z
    .object({ expected: z.number().optional(), actual: z.number().optional() })
    .partial()
    .nullish(),
});
const ChainTransaction = z.object({
  tx_status: z.string(),
  tx_result: z.object({ repr: z.string() }).optional(),
  /** False if its block is on a fork that the chain has left. */
  canonical: z.boolean().optional(),
  burn_block_height: z.int().optional(),
});
const StatusReply = z.object({ chain_tip: z.object({ burn_block_height: z.int() }) });
const ReadReply = z.object({ okay: z.literal(true), result: z.string() });
const AccountReply = z.object({ nonce: z.int().nonnegative() });
const NoncesReply = z.object({ last_executed_tx_nonce: z.int().nullable() });

/**
 * Makes a client for a node. A busy node is asked up to three times; each answer may take up to eight
 * seconds.
 *
 * @param apiUrl without a slash at its end.
 * @param apiKey raises the request limits of the node's provider (docs.hiro.so, "API keys").
 */
export function stacksNode(apiUrl: string, apiKey?: string): StacksNode {
  const authorized: Record<string, string> = apiKey ? { 'x-api-key': apiKey } : {};
  /** One request. `busy` if it failed at once, without a timeout, so that asking again may help. */
  const attempt = async (path: string, init?: RequestInit): Promise<NodeAnswer & { busy: boolean }> => {
    const headers = { ...authorized, ...(init?.body ? { 'Content-Type': 'application/json' } : {}) };
    try {
      const response = await fetch(apiUrl + path, {
        ...init,
        headers,
        signal: AbortSignal.timeout(nodeTimeoutMs),
      });
      const busy = response.status >= 500;
      // A proxy in between may answer with a page in HTML, which is not an answer of the node.
      return await response.json().then(
        (body: unknown) => ({ status: response.status, body, busy }),
        () => ({ status: 0, body: undefined, busy }),
      );
    } catch (error) {
      return { status: 0, body: undefined, busy: (error as Error).name !== 'TimeoutError' };
    }
  };
  /**
   * Asks until the node is not busy. Every request here may be repeated, but the answer to a transaction that
   * was sent again says nothing about the first try, which has no answer; so the number of tries is returned.
   */
  const ask = async (path: string, init?: RequestInit): Promise<NodeAnswer & { tries: number }> => {
    // Ends at the latest with try `busyTriesMax`.
    for (let tries = 1; ; tries++) {
      const { busy, ...answer } = await attempt(path, init);
      if (!busy || tries === busyTriesMax) return { ...answer, tries };
      await setTimeout(busyPauseMs);
    }
  };
  return {
    async broadcast(raw) {
      const { status, body, tries } = await ask('/v2/transactions', {
        method: 'POST',
        body: JSON.stringify({ tx: raw }),
      });
      if (status === 200) return { kind: 'accepted' };
      const rejection = RejectionReply.safeParse(body);
      // A 429 is JSON as well, but has no reason; only a reason is a decision about the transaction.
      if (status !== 400 || !rejection.data?.reason) return { kind: 'unknown' };
      const { reason, reason_data } = rejection.data;
      const { expected, actual } = reason_data ?? {};
      return { kind: 'rejected', reason, expected, actual, once: tries === 1 };
    },
    async statusOf(txId) {
      const { status, body } = await ask(`/extended/v1/tx/${txId}`);
      if (status === 404) return { kind: 'missing' };
      const transaction = ChainTransaction.safeParse(body).data;
      if (status !== 200 || !transaction) return { kind: 'unknown' };
      const { tx_status, tx_result, canonical, burn_block_height: burnHeight } = transaction;
      if (canonical === false || tx_status.startsWith('dropped')) return { kind: 'missing' };
      if (tx_status === 'pending') return { kind: 'pending' };
      if (burnHeight === undefined) return { kind: 'unknown' };
      if (tx_status === 'success') return { kind: 'success', burnHeight };
      if (!tx_status.startsWith('abort')) return { kind: 'unknown' };
      return { kind: 'aborted', reason: [tx_status, tx_result?.repr].filter(Boolean).join(' '), burnHeight };
    },
    async nonceOf(address) {
      const { body } = await ask(`/v2/accounts/${address}?proof=0`);
      return AccountReply.safeParse(body).data?.nonce;
    },
    async lastUsedBy(address) {
      const { body } = await ask(`/extended/v1/address/${address}/nonces`);
      const last = NoncesReply.safeParse(body).data?.last_executed_tx_nonce;
      return last === null ? -1 : last;
    },
    async burnHeight() {
      const { body } = await ask('/extended');
      return StatusReply.safeParse(body).data?.chain_tip.burn_block_height;
    },
    async callRead({ path, args }) {
      const [sender] = path;
      const { body } = await ask(`/v2/contracts/call-read/${path.join('/')}`, {
        method: 'POST',
        body: JSON.stringify({ sender, arguments: args }),
      });
      return ReadReply.safeParse(body).data?.result;
    },
  };
}
