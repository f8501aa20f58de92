import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../clock.ts';
import type { TableName } from '../contract/resources.ts';
import { dynamoStore } from '../dynamo/dynamo-store.ts';
import type { Store } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import type { BatchRef, Stored, WriteRequest } from './change.ts';
import { type Context, dynamoLimits, inParallel, type Limits, patientFor } from './context.ts';
import { readHead } from './head.ts';
import { type HistoryQuestion, historyOf, type Manifest } from './history.ts';
import { type Answer, newMemory, readMany, readOne, registeredTenants, snapshotsOf } from './reader.ts';
import { type Outcome, outcome, type Recovered, recover, recoverSince } from './recovery.ts';
import { type LastMessages, noMessages } from './recovery-messages.ts';
import type { Random } from './transaction-id.ts';
import type { View } from './view.ts';
import { type WriterDefinition, write } from './writer.ts';

export type { AnswerUpdate, BatchRef, Change, FoundRecord, Stored } from './change.ts';
export type { HistoryQuestion, Manifest } from './history.ts';
export type { Outcome } from './recovery.ts';
export type { View } from './view.ts';

/** What the protocol needs from outside. Every field has the default of production; a simulation brings its own world. */
export interface Surroundings {
  store?: Store;
  /** Where records and HEADs are; the deployed table of the ledger's name by default. */
  recordsTable?: string;
  /** Where manifests are; the deployed `audit` table by default. */
  manifestsTable?: string;
  clock?: Clock;
  /** Uniform numbers in [0, 1), for batch ids and pauses. */
  random?: Random;
  pause?(milliseconds: number): Promise<void>;
  limits?: Limits;
  /** How long a batch may take, in milliseconds, before others may abort it. 30 seconds by default. */
  lease?: number;
  /** What is known of recovery messages that were sent; nothing by default. A simulation's containers have several ledgers each. */
  lastMessages?: LastMessages;
  /** For how long after the batch that it names a recovery message stands for others that begin, in milliseconds. 10 seconds by default. */
  span?: number;
  /** How long after an abort a request of the owner may still arrive, in milliseconds: 16 minutes, since a Lambda lives for 15. */
  linger?: number;
}

export interface LedgerDefinition<T extends Stored> extends WriterDefinition<T>, Surroundings {
  /** The name of its table, and of the ledger in keys and messages. */
  name: TableName;
  /** The exact counters that one document adds 1 to. They move in the very write that makes the document visible. */
  counters(document: T): string[];
  /**
   * Sends a recovery message: `recover(batch)` is to be called in about `delaySeconds`. It stands for the batches that the tenant begins
   * soon after, too, so that not every write sends one.
   * May reject; the write then fails before anything is written.
   */
  announce(batch: BatchRef, delaySeconds: number): Promise<void>;
}

/** The records of one system, kept so that every batch is seen whole or not at all, whatever dies when. */
export interface Ledger<T extends Stored> {
  /**
   * Writes a batch of any size, over up to 99 tenants.
   *
   * @throws Conflict (busy rivals), OutOfTime, LostClaim, TooManyTenants, TooManyRecords, IdTaken; and what `decide` throws.
   */
  write<R>(request: WriteRequest<T, R>): Promise<R>;
  /** Answers `query` from the present instant of a tenant, or from memory if nothing was committed since it was asked last. */
  read<V>(tenant: string, key: string, query: (view: View<T>) => Promise<V>): Promise<Answer<V>>;
  /** The same without memory, for a question that is not asked twice. */
  look<V>(tenant: string, query: (view: View<T>) => Promise<V>): Promise<V>;
  /** The same over several tenants (each named once), or all that ever wrote, at one instant. */
  readAcross<V>(
    tenants: string[] | 'all',
    key: string,
    query: (views: View<T>[]) => Promise<V>,
  ): Promise<Answer<V>>;
  /** Every tenant that ever wrote. */
  tenants(): Promise<string[]>;
  /** Committed batches, the newest first. May return fewer than `limit` together with a `next`. */
  history(tenant: string, question: HistoryQuestion): Promise<{ batches: Manifest[]; next?: string }>;
  /** Brings a batch, and those for which its message stands, to their ends as far as time allows, and tells when to call again. */
  recover(batch: BatchRef): Promise<Recovered>;
  /** Recovers what is overdue in every tenant, in case messages were lost. Returns how many batches it looked after. */
  sweep(): Promise<number>;
  /** Whether a batch took effect. One that has not begun, or is overdue, is aborted by asking. */
  outcome(batch: BatchRef): Promise<Outcome>;
}

const second = 1000;
const defaultLease = 30 * second;
const defaultSpan = 10 * second;
const defaultLinger = 16 * 60 * second;
/** How long readers and recovery put up with the throttling of one request, in milliseconds. */
const patience = 20 * second;
const sweepWidth = 8;

const systemRandom: Random = () => {
  const [word] = crypto.getRandomValues(new Uint32Array(1));
  return (word ?? 0) / 2 ** 32;
};

/** Tables are looked up when they are needed, so that a function needs no more permissions than it uses. */
function contextOf(ledger: string, given: Surroundings): Context {
  const store = given.store ?? dynamoStore();
  const clock = given.clock ?? systemClock;
  const base: Context = {
    ledger,
    records: given.recordsTable ?? tableName(ledger as TableName),
    manifests: () => given.manifestsTable ?? tableName('audit'),
    clock,
    random: given.random ?? systemRandom,
    pause: given.pause ?? ((milliseconds) => sleep(milliseconds)),
    store,
    bareStore: store,
    deadline: 0,
    limits: given.limits ?? dynamoLimits,
    lease: given.lease ?? defaultLease,
    span: given.span ?? defaultSpan,
    linger: given.linger ?? defaultLinger,
  };
  return base;
}

export function openLedger<T extends Stored>(definition: LedgerDefinition<T>): Ledger<T> {
  const base = contextOf(definition.name, definition);
  const memory = newMemory();
  const last = definition.lastMessages ?? noMessages();
  const now = () => patientFor(base, patience);
  return {
    write: (request) => write(base, definition, last, request),
    read: (tenant, key, query) => readOne(now(), memory, tenant, key, query),
    look: async (tenant, query) => (await readOne(now(), memory, tenant, undefined, query)).value,
    readAcross: (tenants, key, query) => readMany(now(), memory, tenants, key, query),
    tenants: () => registeredTenants(now()),
    history: (tenant, question) => historyOf(now(), tenant, question),
    recover: ({ tenant, batch }) => recoverSince(now(), tenant, batch),
    sweep: () => sweep(now()),
    outcome: ({ tenant, batch }) => outcome(now(), tenant, batch),
  };
}

/** `outcome` without opening the ledger: a batch knows by its name where it is. */
export function outcomeOf(batch: BatchRef, surroundings: Surroundings = {}): Promise<Outcome> {
  const base = contextOf(batch.ledger, surroundings);
  return outcome(patientFor(base, patience), batch.tenant, batch.batch);
}

/** The exact counters of tenants, all at one instant, without opening the ledger. */
export async function countersOf(
  ledger: TableName,
  tenants: string[] | 'all',
  surroundings: Surroundings = {},
): Promise<{ tenant: string; counter(name: string): number }[]> {
  const snapshots = await snapshotsOf(patientFor(contextOf(ledger, surroundings), patience), tenants);
  return snapshots.map(({ tenant, counters }) => ({ tenant, counter: (name) => counters[name] ?? 0 }));
}

async function sweep(context: Context): Promise<number> {
  const recovered = await inParallel(await registeredTenants(context), sweepWidth, async (tenant) => {
    const head = await readHead(context, tenant);
    const overdue = Object.entries(head?.f ?? {}).filter(([, entry]) => {
      const due = entry.s === 'A' ? (entry.abt ?? 0) + context.linger : entry.exp;
      return due <= context.clock.now();
    });
    for (const [batch] of overdue) await recover(context, tenant, batch);
    return overdue.length;
  });
  return recovered.reduce((sum, count) => sum + count, 0);
}
