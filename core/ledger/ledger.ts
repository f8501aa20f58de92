import type { TableName } from '../contract/resources.ts';
import { type Deps, systemDeps } from '../deps.ts';
import { dynamoStore } from '../dynamo/dynamo-store.ts';
import type { Store } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import { inParallel } from '../parallel.ts';
import type { Stored, WriteRequest } from './change.ts';
import { type Context, dynamoLimits, type Limits, withBudget } from './context.ts';
import { readHead } from './head.ts';
import { type HistoryQuestion, historyOf, type Manifest } from './history.ts';
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

/** What the protocol needs from outside. Every field has the default of production; a simulation brings its own world. */
export interface LedgerDeps extends Partial<Pick<Deps, 'now' | 'random' | 'pause'>> {
  store?: Store;
  /** Where records and HEADs are; the deployed table of the ledger's name by default. */
  recordsTable?: string;
  /** Where manifests are; the deployed `audit` table by default. */
  manifestsTable?: string;
  limits?: Limits;
  /** How long a batch may take, before others may abort it: 30 seconds by default. */
  leaseMs?: number;
  /** What is known of recovery messages that were sent; nothing by default. A simulation's containers have several ledgers each. */
  lastMessages?: LastMessages;
  /** For how long after the batch that it names a recovery message stands for others that begin: 10 seconds by default. */
  messageSpanMs?: number;
  /** How long after an abort a request of the owner may still arrive: 16 minutes by default, since a Lambda lives for 15. */
  gracePeriodMs?: number;
}

export interface LedgerDefinition<T extends Stored> extends WriterDefinition<T>, LedgerDeps {
  /** The name of its table, and of the ledger in keys and messages. */
  name: TableName;
  /** The exact counters that one document adds 1 to. They move in the very write that makes the document visible. */
  counters(document: T): string[];
  /**
   * Sends a recovery message: `recover(batch)` is to be called in about `delaySeconds`. It stands for the batches that the tenant begins
   * soon after, too, so that not every write sends one.
   * May reject; the write then fails before anything is written.
   */
  scheduleRecovery(transaction: TransactionRef, delaySeconds: number): Promise<void>;
}

/** The records of one system, kept so that every batch is seen whole or not at all, whatever dies when. */
export interface Ledger<T extends Stored> {
  /**
   * Writes a batch of any size, over up to 99 tenants.
   *
   * @throws Conflict (busy rivals), Unavailable, LostClaim, TooManyTenants, TooManyRecords, IdTaken; and what `decide` throws.
   */
  write<R>(request: WriteRequest<T, R>): Promise<R>;
  /** Answers `query` from the present instant of a tenant, or from memory if nothing was committed since it was asked last. */
  read<V>(tenant: string, key: string, query: (view: View<T>) => Promise<V>): Promise<Answer<V>>;
  /** The same without memory, for a question that is not asked twice. */
  load<V>(tenant: string, query: (view: View<T>) => Promise<V>): Promise<V>;
  /** The same over several tenants (each named once), or all that ever wrote, at one instant. */
  readAcross<V>(
    tenants: string[] | 'all',
    key: string,
    query: (views: View<T>[]) => Promise<V>,
  ): Promise<Answer<V>>;
  /** Every tenant that ever wrote. */
  tenants(): Promise<string[]>;
  /** Committed batches, the newest first. May return fewer than `limit` together with a `next`. */
  history(tenant: string, question: HistoryQuestion): Promise<{ transactions: Manifest[]; next?: string }>;
  /** Brings a batch, and those for which its message stands, to their ends as far as time allows, and tells when to call again. */
  recover(txId: TransactionRef): Promise<Recovered>;
  /** Recovers what is overdue in every tenant, in case messages were lost. Returns how many batches it looked after. */
  sweep(): Promise<number>;
  /** Whether a batch took effect. One that has not begun, or is overdue, is aborted by asking. */
  outcome(txId: TransactionRef): Promise<Outcome>;
}

const defaultLeaseMs = 30_000;
const defaultMessageSpanMs = 10_000;
const defaultGracePeriodMs = 16 * 60_000;
/** How long readers and recovery retry one request that DynamoDB does not take. */
const requestBudgetMs = 20_000;
const tenantsAtOnceMax = 8;

/** Tables are looked up when they are needed, so that a function needs no more permissions than it uses. */
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

/** `outcome` without opening the ledger: a batch knows by its name where it is. */
export const outcomeOf = (
  { ledger, tenant, txId }: TransactionRef,
  deps: LedgerDeps = {},
): Promise<Outcome> => outcome(contextOf(ledger, deps), tenant, txId);

/** The exact counters of tenants, all at one instant, without opening the ledger. */
export async function countersOf(
  ledger: TableName,
  tenants: string[] | 'all',
  deps: LedgerDeps = {},
): Promise<{ tenant: string; counter(name: string): number }[]> {
  const snapshots = await snapshotsOf(contextOf(ledger, deps), tenants);
  return snapshots.map(({ tenant, counters }) => ({ tenant, counter: (name) => counters[name] ?? 0 }));
}

async function sweep(context: Context): Promise<number> {
  const recovered = await inParallel(await registeredTenants(context), tenantsAtOnceMax, async (tenant) => {
    const head = await readHead(context, tenant);
    const overdue = Object.entries(head?.f ?? {}).filter(([, entry]) => {
      const due = entry.s === 'A' ? (entry.abt ?? 0) + context.gracePeriodMs : entry.exp;
      return due <= context.now();
    });
    for (const [txId] of overdue) await recover(context, tenant, txId);
    return overdue.length;
  });
  return recovered.reduce((sum, count) => sum + count, 0);
}
