import type { TableName } from '../contract/resources.ts';
import { type Deps, systemDeps } from '../deps.ts';
import { dynamoStore } from '../dynamo/dynamo-store.ts';
import type { Store } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import { inParallel } from '../parallel.ts';
import { sweepInParts } from '../sweep.ts';
import type { Stored, WriteRequest } from './change.ts';
import { type Context, dynamoLimits, type Limits, withBudget } from './context.ts';
import { readHead } from './head.ts';
import { type HistoryQuestion, historyOf, type Manifest } from './history.ts';
import { allListedIn } from './items.ts';
import { type Answer, newMemory, readMany, readOne, registeredTenants, snapshotsOf } from './reader.ts';
import { type Outcome, outcome, type Recovered, recover, recoverSince } from './recovery.ts';
import { type LastMessages, noMessages } from './recovery-messages.ts';
import type { TransactionRef } from './transaction-ref.ts';
import type { View } from './view.ts';
import { type WriterDefinition, write } from './writer.ts';

export type { AnswerUpdate, Change, FoundRecord, Stored } from './change.ts';
export type { HistoryQuestion, Manifest } from './history.ts';
export type { Outcome } from './recovery.ts';
export type { TransactionRef } from './transaction-ref.ts';
export type { View } from './view.ts';

/**
 * The dependencies of the protocol. Every field has the default of production; a simulation replaces time,
 * chance and the store.
 */
export interface LedgerDeps extends Partial<Pick<Deps, 'now' | 'random' | 'pause'>> {
  store?: Store;
  /** The table of records and HEADs; the deployed table of the ledger's name by default. */
  recordsTable?: string;
  /** The table of manifests; the deployed `audit` table by default. */
  manifestsTable?: string;
  limits?: Limits;
  /** The lease of a transaction, after which other processes may abort it: 30 seconds by default. */
  leaseMs?: number;
  /**
   * The recovery messages that this container has sent; none by default. A simulation's containers have
   * several ledgers each.
   */
  lastMessages?: LastMessages;
  /**
   * A recovery message stands for the transaction that it names and for all that its tenant begins up to this
   * much later: 10 seconds by default.
   */
  messageSpanMs?: number;
  /**
   * The time after an abort in which a late request of the owner may still arrive: 16 minutes by default,
   * since a Lambda lives for 15 at most.
   */
  gracePeriodMs?: number;
}

export interface LedgerDefinition<T extends Stored> extends WriterDefinition<T>, LedgerDeps {
  /** The name of its table, and of the ledger in keys and messages. */
  name: TableName;
  /**
   * Names of the exact counters to which a document adds 1. They change in the commit that makes it visible.
   */
  counters(document: T): string[];
  /**
   * Sends a recovery message, so that a worker calls `recover(transaction)` in about `delaySeconds`. The
   * message also stands for the transactions that the tenant begins within `messageSpanMs`, so that not every
   * write sends one. If it rejects, the write fails before anything is written.
   */
  scheduleRecovery(transaction: TransactionRef, delaySeconds: number): Promise<void>;
}

/** Keeps the records of one system so that readers see each transaction completely or not at all. */
export interface Ledger<T extends Stored> {
  /**
   * Writes a transaction of up to about 9,500 records per tenant, over up to 99 tenants.
   *
   * @throws Conflict (busy rivals), Unavailable, LostClaim, TooManyTenants, TooManyRecords, IdTaken, and the
   * errors of `decide` and `scheduleRecovery`.
   */
  write<R>(request: WriteRequest<T, R>): Promise<R>;
  /**
   * Answers `query` from the present snapshot of a tenant, or from memory if nothing was committed since the
   * last call with this `key`.
   */
  read<V>(tenant: string, key: string, query: (view: View<T>) => Promise<V>): Promise<Answer<V>>;
  /** `read` without memory, for a query that does not repeat. */
  load<V>(tenant: string, query: (view: View<T>) => Promise<V>): Promise<V>;
  /** `read` over several tenants (each named once), or all that ever wrote, at one instant. */
  readAcross<V>(
    tenants: string[] | 'all',
    key: string,
    query: (views: View<T>[]) => Promise<V>,
  ): Promise<Answer<V>>;
  /** Every tenant that ever wrote. */
  tenants(): Promise<string[]>;
  /** Committed transactions, the newest first. May return fewer than `limit` together with a `next`. */
  history(tenant: string, question: HistoryQuestion): Promise<{ transactions: Manifest[]; next?: string }>;
  /**
   * Recovers a transaction, and those for which its message stands, as far as leases and grace periods allow.
   * Returns its state, and the seconds after which to call again.
   */
  recover(ref: TransactionRef): Promise<Recovered>;
  /**
   * Recovers what is overdue in every tenant, in case messages were lost. Returns the number of transactions.
   */
  sweep(): Promise<number>;
  /**
   * Decides whether a transaction took effect. One that has not begun, or is overdue, is aborted by the call.
   */
  outcome(ref: TransactionRef): Promise<Outcome>;
}

const defaultLeaseMs = 30_000;
const defaultMessageSpanMs = 10_000;
const defaultGracePeriodMs = 16 * 60_000;
/** Readers and recovery retry one request for this long. */
const requestBudgetMs = 20_000;
const tenantsAtOnceMax = 8;

/** Table names are resolved on use, so that a function needs no more permissions than it uses. */
function contextOf(ledger: string, given: LedgerDeps): Context {
  const store = given.store ?? dynamoStore();
  const { now, random, pause } = { ...systemDeps, ...given };
  const base: Omit<Context, 'store'> = {
    ledger,
    records: given.recordsTable ?? tableName(ledger as TableName),
    manifests: () => given.manifestsTable ?? tableName('audit'),
    now,
    random,
    pause,
    bareStore: store,
    limits: given.limits ?? dynamoLimits,
    leaseMs: given.leaseMs ?? defaultLeaseMs,
    messageSpanMs: given.messageSpanMs ?? defaultMessageSpanMs,
    gracePeriodMs: given.gracePeriodMs ?? defaultGracePeriodMs,
  };
  return withBudget(base, requestBudgetMs);
}

export function openLedger<T extends Stored>(definition: LedgerDefinition<T>): Ledger<T> {
  const base = contextOf(definition.name, definition);
  const memory = newMemory();
  const last = definition.lastMessages ?? noMessages();
  return {
    write: (request) => write(base, definition, last, request),
    read: (tenant, key, query) => readOne(base, memory, tenant, key, query),
    load: async (tenant, query) => (await readOne(base, memory, tenant, undefined, query)).value,
    readAcross: (tenants, key, query) => readMany(base, memory, tenants, key, query),
    tenants: () => registeredTenants(base),
    history: (tenant, question) => historyOf(base, tenant, question),
    recover: ({ tenant, txId }) => recoverSince(base, tenant, txId),
    sweep: () => sweep(base),
    outcome: ({ tenant, txId }) => outcome(base, tenant, txId),
  };
}

/** `outcome` without opening the ledger: the reference names it. */
export const outcomeOf = (
  { ledger, tenant, txId }: TransactionRef,
  deps: LedgerDeps = {},
): Promise<Outcome> => outcome(contextOf(ledger, deps), tenant, txId);

/** The exact counters of tenants, all at one instant, without opening the ledger. 0 for an unknown name. */
export async function countersOf(
  ledger: TableName,
  tenants: string[] | 'all',
  deps: LedgerDeps = {},
): Promise<{ tenant: string; counter(name: string): number }[]> {
  const snapshots = await snapshotsOf(contextOf(ledger, deps), tenants);
  return snapshots.map(({ tenant, counters }) => ({ tenant, counter: (name) => counters[name] ?? 0 }));
}

async function sweep(context: Context): Promise<number> {
  let recovered = 0;
  const parts = sweepInParts(`ledger ${context.ledger}`);
  await inParallel(await registeredTenants(context), tenantsAtOnceMax, (tenant) =>
    parts.run(async () => {
      const head = await readHead(context, tenant);
      const overdue = allListedIn(head).filter(({ state, leaseEndMs, abortedMs = 0 }) => {
        const dueMs = state === 'A' ? abortedMs + context.gracePeriodMs : leaseEndMs;
        return dueMs <= context.now();
      });
      for (const { txId } of overdue) await recover(context, tenant, txId);
      recovered += overdue.length;
    }),
  );
  parts.finish();
  return recovered;
}
