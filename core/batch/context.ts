import type { Deps } from '../deps.ts';
import { AnswerLost } from '../dynamo/errors.ts';
import { queryAll, type Range } from '../dynamo/query-all.ts';
import type { RetryingStore } from '../dynamo/retry.ts';
import type { Item } from '../dynamo/store.ts';
import type { ChunkMessage } from './chunk-message.ts';
import type { Keys } from './keys.ts';
import type { Kind } from './kind.ts';
import type { Batch } from './record.ts';

/** Everything that the parts of one engine share. */
export interface Context {
  store: RetryingStore;
  deps: Deps;
  keys: Keys;
  /** The name of the table with the engine's own items. */
  table(): string;
  kinds: Readonly<Record<string, Kind>>;
  send(tenant: string, message: ChunkMessage): Promise<void>;
  onEnded?: ((batch: Batch) => Promise<void>) | undefined;
}

/** What a batch's operations do. */
export function kindOf({ kinds }: Context, { kind }: Pick<Batch, 'kind'>): Kind {
  const known = kinds[kind];
  if (!known) throw new Error(`no kind ${kind} of batches is known here`);
  return known;
}

/**
 * Tries until `attempt` gives something, each time from fresh reads. It gives `undefined` where others came between; a transaction whose answer
 * was lost counts as such.
 *
 * @throws Unavailable at the deadline of the store.
 */
export async function untilDone<T>({ store }: Context, attempt: () => Promise<T | undefined>): Promise<T> {
  const wait = store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    const given = await attempt().catch((error: unknown) => {
      if (error instanceof AnswerLost) return undefined;
      throw error;
    });
    if (given !== undefined) return given;
    await wait();
  }
}

/** The engine's own items in a range. */
export const itemsIn = (
  { store, table }: Context,
  range: Range,
  attributes?: readonly string[],
): AsyncGenerator<Item> => queryAll(store, { table: table(), range, ...(attributes ? { attributes } : {}) });
