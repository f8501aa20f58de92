import { LRUCache } from 'lru-cache';
import type { Context } from './context.ts';
import { beginningOf } from './transaction-id.ts';
import type { TransactionRef } from './transaction-ref.ts';

/** The recovery message comes this much after the leases have ended. */
const marginSeconds = 2;

/** Number of tenants whose last message a container remembers. */
const tenantsMax = 1_000;

/** The last recovery message that this container sent for each tenant, and the transaction that it names. */
export type LastMessages = LRUCache<string, { txId: string; sent: Promise<void> }>;

export const noMessages = (): LastMessages => new LRUCache({ max: tenantsMax });

export interface RecoveryMessages {
  /** Sends the recovery messages that these tenants lack. Nothing may be written before it has resolved. */
  of(tenants: string[]): Promise<void>;
  /** Waits until no message is in flight, sent or failed. */
  ended(): Promise<void>;
}

/**
 * The recovery messages of one transaction, an outbox: the message is sent before anything is written, so
 * that a worker recovers the transaction after its lease, whatever happens to the owner. A message stands for
 * the transaction that it names and for all that its tenant begins within `messageSpanMs`, so that a busy
 * tenant does not need one for every write.
 *
 * @param last the messages that this container has sent; it is added to.
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
  /** True if the message of an earlier transaction covers a later one, and has not been delivered yet. */
  const standsFor = (earlier: string, later: string): boolean => {
    const age = beginningOf(later) - beginningOf(earlier);
    return age >= 0 && age <= messageSpanMs && context.now() < beginningOf(earlier) + leaseMs;
  };
  const send = (tenant: string): Promise<void> => {
    const earlier = last.get(tenant);
    if (earlier && standsFor(earlier.txId, txId)) return earlier.sent;
    const sent = scheduleRecovery({ ledger, tenant, txId }, delaySeconds);
    last.set(tenant, { txId, sent });
    // A message that was not sent stands for no transaction. The callers that await `sent` get its rejection;
    // the handler also keeps an early rejection from ending the process.
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
