import { currentDeadlineMs } from '../deadline.ts';
import { type Deps, systemDeps } from '../deps.ts';
import { dynamoStore } from '../dynamo/dynamo-store.ts';
import { retrying } from '../dynamo/retry.ts';
import type { Store } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import { cancel } from './cancel.ts';
import type { ChunkMessage } from './chunk-message.ts';
import type { Context } from './context.ts';
import { goOn } from './go-on.ts';
import { keysOf } from './keys.ts';
import type { Kind } from './kind.ts';
import { list } from './lists.ts';
import { type NewBatch, open } from './open.ts';
import { type Entry, entries, read } from './read.ts';
import type { Batch } from './record.ts';
import { type Settled, type Settlement, settle } from './settle.ts';
import { sweep } from './sweep.ts';
import { work } from './work.ts';

export interface EngineOptions {
  /** Name of the system, a part of its keys: several systems share the table. */
  name: string;
  kinds: Readonly<Record<string, Kind>>;
  /** Puts a message on the system's queue, in the group of the tenant. */
  send(tenant: string, message: ChunkMessage): Promise<void>;
  /** Called when a batch has ended: at least once, so it must be idempotent. */
  onEnded?: (batch: Batch) => Promise<void>;
  /** The port to the table; DynamoDB by default. */
  store?: Store;
  /** Name of the table; `operations` by default. */
  table?: () => string;
  /** Clock, randomness, pauses and unique texts; those of the system by default. */
  deps?: Deps;
}

/** The asynchronous batches of one system. See README.md beside this file. */
export interface Engine {
  open<D>(batch: NewBatch<D>): Promise<Batch>;
  work(message: ChunkMessage, attempt: number): Promise<void>;
  settle(settlement: Settlement): Promise<Settled>;
  goOn(batch: string, chunk: number): Promise<void>;
  cancel(id: string): Promise<{ canceled: boolean; batch: Batch } | undefined>;
  read(id: string): Promise<Batch | undefined>;
  entries(id: string): Promise<Entry[]>;
  list(name: string, page: { limit: number; skip: number }): Promise<{ batches: Batch[]; total: number }>;
  sweep(): Promise<number>;
}

/**
 * Time within which a request, or a loop of requests, is retried: well below the 60 seconds of a queue's
 * function.
 */
const workBudgetMs = 20_000;

/** Creates a system's engine. It sends no request before it is used. */
export function openEngine(options: EngineOptions): Engine {
  const deps = options.deps ?? systemDeps;
  const context: Context = {
    store: retrying(options.store ?? dynamoStore(), deps, () =>
      Math.min(deps.now() + workBudgetMs, currentDeadlineMs()),
    ),
    deps,
    keys: keysOf(options.name),
    table: options.table ?? (() => tableName('operations')),
    kinds: options.kinds,
    send: options.send,
    onEnded: options.onEnded,
  };
  return {
    open: (batch) => open(context, batch),
    work: (message, attempt) => work(context, message, attempt),
    settle: (settlement) => settle(context, settlement),
    goOn: (batch, chunk) => goOn(context, batch, chunk),
    cancel: (id) => cancel(context, id),
    read: (id) => read(context, id),
    entries: (id) => entries(context, id),
    list: (name, page) => list(context, name, page),
    sweep: () => sweep(context),
  };
}
