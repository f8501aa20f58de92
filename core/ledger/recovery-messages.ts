import { LRUCache } from 'lru-cache';
import type { Context } from './context.ts';
import { beginningOf } from './transaction-id.ts';
import type { TransactionRef } from './transaction-ref.ts';

/** The recovery message comes when the leases are over, and a little. */
const marginSeconds = 2;

/** Tenants whose last message a container remembers. */
const tenantsMax = 1_000;

/** The last recovery message of each tenant that this container sent, and the batch that it names. */
export type LastMessages = LRUCache<string, { txId: string; sent: Promise<void> }>;

export const noMessages = (): LastMessages => new LRUCache({ max: tenantsMax });

export interface RecoveryMessages {
  /** Makes sure that these tenants have their recovery messages. Nothing may be written before it resolved. */
  of(tenants: string[]): Promise<void>;
  /** Waits until nothing is in flight, whatever became of it. */
  ended(): Promise<void>;
}

/**
 * The recovery messages of one batch: whatever happens to its owner, somebody looks after it when its lease is over. A message stands for
 * the batch that it names and all of its tenant that begin soon after, so that a busy tenant costs one now and then.
 *
 * @param last is added to.
 */
export function recoveryMessages(
  context: Context,
  scheduleRecovery: (transaction: TransactionRef, delaySeconds: number) => Promise<void>,
  last: LastMessages,
  txId: string,
): RecoveryMessages {
  const { ledger, leaseMs, messageSpanMs } = context;
  const awaited: Promise<void>[] = [];
  const delaySeconds = Math.ceil((leaseMs + messageSpanMs) / 1000) + marginSeconds;
  /** Whether the message of one batch looks after another, and has not come yet. */
  const standsFor = (earlier: string, later: string): boolean => {
    const age = beginningOf(later) - beginningOf(earlier);
    return age >= 0 && age <= messageSpanMs && context.now() < beginningOf(earlier) + leaseMs;
  };
  const send = (tenant: string): Promise<void> => {
    const earlier = last.get(tenant);
    if (earlier && standsFor(earlier.txId, txId)) return earlier.sent;
    const sent = scheduleRecovery({ ledger, tenant, txId }, delaySeconds);
    last.set(tenant, { txId, sent });
    // One that was not sent stands for nobody. The rejection is heard by whoever awaits it; until then it must not end the process.
    sent.catch(() => last.delete(tenant));
    return sent;
  };
  return {
    of: async (tenants) => {
      const messages = tenants.map(send);
      awaited.push(...messages);
      await Promise.all(messages);
    },
    ended: async () => {
      await Promise.allSettled(awaited);
    },
  };
}
