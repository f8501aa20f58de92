import { chunksOf, inParallel } from '../parallel.ts';
import { keysPerGetMax } from './limits.ts';
import type { RetryingStore } from './retry.ts';
import type { Consistency, Item, TableKey } from './store.ts';

/** Requests of one reader in flight. */
const requestsAtOnceMax = 8;

/** Items by key. */
export class FoundItems {
  readonly #items = new Map<string, Item>();

  constructor(items: Iterable<Item> = []) {
    for (const item of items) this.#items.set(nameOf(item as Item & TableKey), item);
  }

  /** The item with this key; `undefined` if there is none. */
  get(key: TableKey): Item | undefined {
    return this.#items.get(nameOf(key));
  }

  /** All of them, in no particular order. */
  all(): Item[] {
    return [...this.#items.values()];
  }
}

/** A key as one text. */
export const nameOf = ({ pk, sk }: TableKey): string => JSON.stringify([pk, sk]);

/**
 * Reads any number of items, 100 in a request and eight requests in flight. A key that is named twice is read
 * once; an item that does not exist is not among the results. Keys that DynamoDB left unread (the answer
 * would pass 16 MB, or it throttles) are asked for again after a pause.
 *
 * @param attributes narrows the result to these and the key attributes.
 * @throws Unavailable at the deadline of the store.
 */
export async function getAll(
  store: RetryingStore,
  table: string,
  keys: readonly TableKey[],
  attributes?: string[],
  consistency: Consistency = 'strong',
): Promise<FoundItems> {
  const different = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
  const pages = await inParallel(chunksOf(different, keysPerGetMax), requestsAtOnceMax, (chunk) =>
    getChunk(store, table, chunk, attributes && ['pk', 'sk', ...attributes], consistency),
  );
  return new FoundItems(pages.flat());
}

async function getChunk(
  store: RetryingStore,
  table: string,
  keys: TableKey[],
  attributes: string[] | undefined,
  consistency: Consistency,
): Promise<Item[]> {
  const found: Item[] = [];
  const wait = store.backoff();
  // Ends at the deadline, by the backoff.
  for (let wanted = keys; ; ) {
    const { items, unread } = await store.getMany(table, wanted, attributes, consistency);
    found.push(...items);
    if (unread.length === 0) return found;
    // A large answer is cut and goes on at once; an answer with nothing in it means throttling.
    if (items.length === 0) await wait();
    wanted = unread;
  }
}
