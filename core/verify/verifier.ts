import type { TableName } from '../contract/resources.ts';
import { countAll, inRange, queryAll } from '../dynamo/query-all.ts';
import type { RetryingStore } from '../dynamo/retry.ts';
import type { Item, TableKey } from '../dynamo/store.ts';

/** A rule that an item breaks. Keys hold ids and names of tenants, and nothing of a person. */
export interface Finding {
  rule: string;
  table: TableName;
  key: TableKey;
}

/** The tables that are verified. */
export interface VerifyDeps {
  store: RetryingStore;
  /** The deployed name of a table. */
  table(name: TableName): string;
}

/** Verifies one kind of partition. It reads the partition itself, item by item, and keeps none of them. */
export interface Verifier {
  table: TableName;
  /** The beginning of the partition keys that it knows. */
  prefix: string;
  /** Yields what is wrong. What it throws on the way is a finding, too: an item that cannot be read. */
  verify(deps: VerifyDeps, pk: string): AsyncGenerator<Finding>;
}

/** The items of a partition, strongly consistent, as they are. */
export const itemsOf = (deps: VerifyDeps, table: TableName, pk: string, prefix = ''): AsyncGenerator<Item> =>
  queryAll(deps.store, { table: deps.table(table), range: { pk, prefix } });

export const keyOf = ({ pk, sk }: Item): TableKey => ({
  pk: String(pk),
  ...(sk === undefined ? {} : { sk: String(sk) }),
});

/**
 * Visits each item of a partition in its order. What `visit` throws, since an item cannot be read or breaks a
 * rule, is a finding about that item.
 */
export async function* visitItems(
  deps: VerifyDeps,
  table: TableName,
  pk: string,
  visit: (item: Item) => unknown,
): AsyncGenerator<Finding> {
  for await (const item of itemsOf(deps, table, pk)) {
    const broken = await brokenRule(() => visit(item));
    if (broken !== undefined) yield { rule: broken, table, key: keyOf(item) };
  }
}

/** For each item of a partition: it can be read, by its parser, and the rules that `check` asserts hold. */
export const everyItem = (
  table: TableName,
  prefix: string,
  check: (item: Item, deps: VerifyDeps) => unknown,
): Verifier => ({
  table,
  prefix,
  verify: (deps, pk) => visitItems(deps, table, pk, (item) => check(item, deps)),
});

/** The number of entries that a partition has in a local index. */
export const countInIndex = (
  { store, table: nameOf }: VerifyDeps,
  table: TableName,
  index: string,
  pk: string,
): Promise<number> => countAll(store, { TableName: nameOf(table), IndexName: index, ...inRange({ pk }) });

/** Errors whose text names rules, kinds and versions alone. */
const toldErrors = new Set(['BrokenInvariant', 'NewerVersion']);

/** The rule that this work finds broken; `undefined` if there is none. */
export async function brokenRule(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (toldErrors.has(error.name)) return error.message;
    if (error.name === 'ZodError') return 'an item has the shape of its kind';
    throw error;
  }
}
