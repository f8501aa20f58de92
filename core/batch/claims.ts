import { currentDeadlineMs } from '../deadline.ts';
import { type Deps, systemDeps } from '../deps.ts';
import { dynamoStore } from '../dynamo/dynamo-store.ts';
import { retrying } from '../dynamo/retry.ts';
import type { Store } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import type { ChunkMessage } from './chunk-message.ts';
import type { Context } from './context.ts';
import { goOn } from './go-on.ts';
import { keysOf } from './keys.ts';
import type { Batch } from './record.ts';
import { type Settled, type Settlement, settle } from './settle.ts';

export interface ClaimsOptions {
  /** Name of the system, a part of its keys: several systems share the table. */
  name: string;
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

/** What the code may do with a system's claims that learns the outcomes of their side effects. */
export interface Claims {
  settle(settlement: Settlement): Promise<Settled>;
  goOn(batch: string, chunk: number): Promise<void>;
}

/**
 * Time within which a request, or a loop of requests, is retried: well below the 60 seconds of a queue's
 * function.
 */
const workBudgetMs = 20_000;

export function contextOf(options: ClaimsOptions): Context {
  const deps = options.deps ?? systemDeps;
  return {
    store: retrying(options.store ?? dynamoStore(), deps, () =>
      Math.min(deps.now() + workBudgetMs, currentDeadlineMs()),
    ),
    deps,
    keys: keysOf(options.name),
    table: options.table ?? (() => tableName('operations')),
    send: options.send,
    onEnded: options.onEnded,
  };
}

/**
 * Opens the claims of a system's batches without the rest of its engine, for a function that only ends them:
 * its bundle has neither the kinds nor what applies them.
 */
export const openClaims = (options: ClaimsOptions): Claims => claimsIn(contextOf(options));

/** The claims of a system whose context is made already. */
export const claimsIn = (context: Context): Claims => ({
  settle: (settlement) => settle(context, settlement),
  goOn: (batch, chunk) => goOn(context, batch, chunk),
});
