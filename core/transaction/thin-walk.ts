import type { Context } from './context.ts';
import { recordKey, thinIndex } from './items.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Walks the thin index over the first `count` documents of a snapshot, after the id `from` if there is one.
 *
 * DynamoDB itself filters by the snapshot and answers numbers alone: created by then, and not deleted by then.
 * Records that change meanwhile cannot disturb it, since the filter asks for nothing that a later batch moves.
 *
 * @returns the id of the last document passed; `undefined` if there are not that many.
 */
export async function skip(
  context: Context,
  snapshot: Snapshot,
  count: number,
  from?: string,
): Promise<string | undefined> {
  const { pk } = recordKey(snapshot.tenant, '');
  const undecided = [...snapshot.undecided];
  const names = undecided.map((_, index) => `:f${index}`).join(', ');
  const stamps = Object.fromEntries(undecided.map((stamp, index) => [`:f${index}`, stamp]));
  const created = undecided.length > 0 ? `c <= :reg AND NOT c IN (${names})` : 'c <= :reg';
  const deletedLater = undecided.length > 0 ? `tx > :reg OR tx IN (${names})` : 'tx > :reg';
  let start = from === undefined ? undefined : { pk, sk: from, ix: from };
  for (let left = count; ; ) {
    const page = await context.store.query({
      TableName: context.records,
      IndexName: thinIndex,
      KeyConditionExpression: 'pk = :pk',
      FilterExpression: `${created} AND (attribute_not_exists(x) OR ${deletedLater})`,
      ExpressionAttributeValues: { ':pk': pk, ':reg': snapshot.reg, ...stamps },
      Select: 'COUNT',
      Limit: left,
      ExclusiveStartKey: start,
    });
    left -= page.count;
    if (left === 0) return (page.next as { sk: string } | undefined)?.sk;
    if (!page.next) return undefined;
    start = page.next as { pk: string; sk: string; ix: string };
  }
}
