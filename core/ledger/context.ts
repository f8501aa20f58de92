import { currentDeadlineMs } from '../deadline.ts';
import type { Deps } from '../deps.ts';
import { actionsPerTransactionMax, putsPerWriteMax } from '../dynamo/limits.ts';
import { type RetryingStore, retrying } from '../dynamo/retry.ts';
import type { Store } from '../dynamo/store.ts';

/** The sizes of requests. A simulation makes them small, so that few records take every path. */
export interface Limits {
  /**
   * Records of a transaction that one TransactWriteItems carries: HEAD, the manifest and the answer take 3 of
   * its 100 actions.
   */
  short: number;
  /** Actions per TransactWriteItems. */
  transact: number;
  /** Puts per BatchWriteItem. */
  puts: number;
}

/** DynamoDB's own limits. */
export const dynamoLimits: Limits = {
  short: actionsPerTransactionMax - 3,
  transact: actionsPerTransactionMax,
  puts: putsPerWriteMax,
};

/**
 * The dependencies of every step of the protocol: one ledger, its tables, and a store that sends again what
 * is safe to send again.
 */
export interface Context extends Pick<Deps, 'now' | 'random' | 'pause'> {
  ledger: string;
  /** The table of HEADs, records and the registry. */
  records: string;
  /** The table of manifests. A function, because a reader of records needs no permission for this table. */
  manifests(): string;
  store: RetryingStore;
  /** The store without retries: one request, and its outcome. */
  bareStore: Store;
  limits: Limits;
  /** The lease of a transaction: afterwards other processes may abort it. */
  leaseMs: number;
  /**
   * A recovery message stands for the transaction that it names and for all that its tenant begins up to this
   * much later.
   */
  messageSpanMs: number;
  /** The time after an abort in which a late request of the owner may still arrive. */
  gracePeriodMs: number;
}

/** The context with retries until a given instant, in milliseconds since the Unix epoch. */
export const until = (context: Context, deadlineMs: number): Context => ({
  ...context,
  store: retrying(context.bareStore, context, () => deadlineMs),
});

/** The context with a budget of time for each single request, within the deadline of the current work. */
export const withBudget = (context: Omit<Context, 'store'>, budgetMs: number): Context => ({
  ...context,
  store: retrying(context.bareStore, context, () => Math.min(context.now() + budgetMs, currentDeadlineMs())),
});
