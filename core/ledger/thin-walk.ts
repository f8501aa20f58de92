import type { Context } from './context.ts';
import { recordsPk, thinIndex } from './items.ts';
import type { Snapshot } from './snapshot.ts';
import { snapshotFilter } from './snapshot-filter.ts';

/**
 * Skips the first `count` documents of a snapshot on the thin index (a covering index), after the id `from`
 * if there is one. DynamoDB itself filters by the snapshot and returns only numbers.
 *
 * @returns the id of the last document skipped; `undefined` if there are not that many.
 */
export async function skip(
  context: Context,
  snapshot: Snapshot,
  count: number,
  from?: string,
): Promise<string | undefined> {
  const pk = recordsPk(snapshot.tenant);
  const { expression, values } = snapshotFilter(snapshot);
  let start = from === undefined ? undefined : { pk, sk: from, ix: from };
  // Ends after `count` documents, or with the partition.
  for (let left = count; ; ) {
    const page = await context.store.query({
      TableName: context.records,
      IndexName: thinIndex,
      KeyConditionExpression: 'pk = :pk',
      FilterExpression: expression,
      ExpressionAttributeValues: { ':pk': pk, ...values },
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
