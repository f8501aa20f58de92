import { getAll } from '../dynamo/get-all.ts';
import type { Action } from '../dynamo/store.ts';
import { assertVersion } from '../dynamo/version.ts';
import { invariant } from '../invariant.ts';
import { isCount } from './attributes.ts';
import { type Context, putNew } from './context.ts';
import { asBatch, type Batch, batchOf } from './record.ts';

/** Number of batches on a list. */
async function countListed({ keys, store, table }: Context, list: string): Promise<number> {
  const item = await store.get(table(), keys.listCount(list));
  if (!item) return 0;
  assertVersion(item, 'count of a list');
  invariant(isCount(item.n), 'a list has a count');
  return item.n;
}

/**
 * Actions that append a batch to a list. Its entry is numbered without gaps, so that any page is found at
 * once and the total is exact. They fail if another batch was appended since the count was read.
 */
export async function appendToList(context: Context, list: string, id: string): Promise<Action[]> {
  const key = context.keys.listCount(list);
  const count = await countListed(context, list);
  const Item = { ...key, n: count + 1 };
  const unchanged =
    count === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'n = :n', ExpressionAttributeValues: { ':n': count } };
  return [
    { Put: { TableName: context.table(), Item, ...unchanged } },
    putNew(context, { ...context.keys.listEntry(list, count + 1), id }),
  ];
}

/** A page of a list of batches, newest first, and the exact total. Any page costs the same. */
export async function list(
  context: Context,
  name: string,
  { limit, skip }: { limit: number; skip: number },
): Promise<{ batches: Batch[]; total: number }> {
  const { keys, store } = context;
  const table = context.table();
  const total = await countListed(context, name);
  const newest = total - skip;
  const entryKeys = Array.from({ length: Math.max(0, Math.min(limit, newest)) }, (_, index) =>
    keys.listEntry(name, newest - index),
  );
  const listed = await getAll(store, table, entryKeys);
  // The transaction that opens a batch reaches its items one by one, so its entry and its record may not be
  // there yet.
  const recordKeys = entryKeys.flatMap((key) => {
    const entry = listed.get(key);
    if (!entry) return [];
    assertVersion(entry, 'entry of a list');
    invariant(typeof entry.id === 'string', 'an entry of a list has the id of its batch');
    return [keys.batch(entry.id)];
  });
  const found = await getAll(store, table, recordKeys);
  const batches = recordKeys.flatMap((key) => {
    const record = found.get(key);
    return record ? [batchOf(asBatch(record))] : [];
  });
  return { batches, total };
}
