import type { Deps } from '../deps.ts';
import { AnswerLost } from '../dynamo/errors.ts';
import { queryAll, type Range } from '../dynamo/query-all.ts';
import type { RetryingStore } from '../dynamo/retry.ts';
import type { Action, Item } from '../dynamo/store.ts';
import type { ChunkMessage } from './chunk-message.ts';
import type { Keys } from './keys.ts';
import type { Kind } from './kind.ts';
import type { Batch } from './record.ts';

/** Everything that the parts of one engine share. */
export interface Context {
  store: RetryingStore;
  deps: Deps;
  keys: Keys;
  /** Name of the table with the engine's own items. */
  table(): string;
  send(tenant: string, message: ChunkMessage): Promise<void>;
  onEnded?: ((batch: Batch) => Promise<void>) | undefined;
}

/** Of the parts that apply chunks. */
export interface WorkContext extends Context {
  kinds: Readonly<Record<string, Kind>>;
}

/** @throws Error if this code does not know the batch's kind. */
export function kindOf({ kinds }: WorkContext, { kind }: Pick<Batch, 'kind'>): Kind {
  const known = kinds[kind];
  if (!known) throw new Error(`no kind ${kind} of batches is known here`);
  return known;
}

/**
 * Repeats `attempt` until it returns a value, each time from fresh reads. It returns `undefined` if a
 * concurrent write made its conditions fail; a transaction whose answer was lost counts as such.
 *
 * @throws Unavailable at the deadline of the store.
 */
export async function untilDone<T>({ store }: Context, attempt: () => Promise<T | undefined>): Promise<T> {
  const wait = store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const value = await attempt().catch((error: unknown) => {
      if (error instanceof AnswerLost) return undefined;
      throw error;
    });
    if (value !== undefined) return value;
    await wait();
  }
}

/** The engine's own items in a range. */
export const itemsIn = (
  { store, table }: Context,
  range: Range,
  attributes?: readonly string[],
): AsyncGenerator<Item> => queryAll(store, { table: table(), range, ...(attributes ? { attributes } : {}) });

/** Puts an item of the engine that must not exist yet. */
export const putNew = ({ table }: Context, item: Item): Action => ({
  Put: { TableName: table(), Item: item, ConditionExpression: 'attribute_not_exists(pk)' },
});
