import type { World } from '../dynamo/patience.ts';
import { patient } from '../dynamo/patience.ts';
import type { Item, Key, Store } from '../dynamo/store.ts';

/** How much goes into one request. A simulation makes them small, to see every path with few records. */
export interface Limits {
  /** Records of a batch that is written by one transaction: HEAD, the manifest and the answer take 3 of its 100 actions. */
  short: number;
  /** Actions of TransactWriteItems. */
  transact: number;
  /** Puts of BatchWriteItem. */
  puts: number;
}

/** DynamoDB's own. */
export const dynamoLimits: Limits = { short: 97, transact: 100, puts: 25 };

/** What every step of the protocol works with: one ledger, its tables, and a store that repeats what may be repeated. */
export interface Context extends World {
  ledger: string;
  /** HEADs, records and the registry. */
  records: string;
  /** Manifests. A function, because who only reads records needs no permission for this table. */
  manifests(): string;
  store: Store;
  /** The store without patience: one request, whatever becomes of it. */
  bareStore: Store;
  /** When `store` loses its patience, in milliseconds since the epoch. */
  deadline: number;
  limits: Limits;
  /** How long a batch may take before anyone may abort it, in milliseconds. */
  lease: number;
  /** How much later than the batch that a recovery message names others may begin for which it stands, in milliseconds. */
  span: number;
  /** How long after an abort a late request of its owner may still arrive, in milliseconds. */
  linger: number;
}

/** The same with patience until a given time. */
export const until = (context: Context, deadline: number): Context => ({
  ...context,
  deadline,
  store: patient(context.bareStore, context, () => deadline),
});

/** The same with so many milliseconds of patience for each single request. */
export const patientFor = (context: Context, milliseconds: number): Context => ({
  ...context,
  deadline: context.clock.now() + milliseconds,
  store: patient(context.bareStore, context, () => context.clock.now() + milliseconds),
});

export function chunksOf<E>(list: readonly E[], size: number): E[][] {
  const chunks: E[][] = [];
  for (let start = 0; start < list.length; start += size) chunks.push(list.slice(start, start + size));
  return chunks;
}

/**
 * Works through a list with at most `width` at a time. After a failure nothing new is begun, and the failure is thrown
 * when everything begun has ended: nobody goes on working behind the caller's back.
 */
export async function inParallel<E, R>(
  list: readonly E[],
  width: number,
  work: (element: E) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(list.length);
  const failures: unknown[] = [];
  const waiting = list.entries();
  const lane = async () => {
    for (const [index, element] of waiting) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(element);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, list.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}

/** Reads any number of different keys, 100 in a request; an item that does not exist is not among the results. */
export async function readAll(
  context: Context,
  table: string,
  keys: Key[],
  attributes?: string[],
): Promise<Item[]> {
  const chunks = await inParallel(chunksOf(keys, 100), 8, async (chunk) => {
    const items: Item[] = [];
    for (let left = chunk; left.length > 0; ) {
      const page = await context.store.getMany(table, left, attributes);
      items.push(...page.items);
      // Keys come back unread when the answer would pass 16 MB, or when DynamoDB throttles and nothing at all was read.
      if (page.items.length === 0 && page.unread.length > 0) await context.pause(20 + 30 * context.random());
      left = page.unread;
    }
    return items;
  });
  return chunks.flat();
}
