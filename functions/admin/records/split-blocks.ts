import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { present } from '../../../core/invariant.ts';
import type { Collection, Identified } from './collection.ts';
import { type ListRange, walk } from './read.ts';
import { tallyKey } from './store.ts';
import {
  type Block,
  type ListPlace,
  listEnd,
  recordsPerBlockMax,
  sizeOf,
  splitBlock,
  type Tally,
  tallyItem,
  tallyOf,
} from './tally.ts';

/**
 * Number of tries while others write. A block that stays too large only makes offsets slower, until the next
 * import splits it.
 */
const triesMax = 5;

/** More records than there can be; DynamoDB ends pages at 1 MB. */
const recordsMax = 1_000_000;

/** Splits the blocks of a tally that have become too large. */
export async function splitLargeBlocks<R extends Identified>(
  collection: Collection<R>,
  tenant: string,
): Promise<void> {
  const key = tallyKey(collection.name, tenant);
  for (let time = 0; time < triesMax; time++) {
    const before = tallyOf(await dynamo().get(tableName('admin'), key));
    const large = before.blocks.filter((block) => sizeOf(block) > recordsPerBlockMax);
    if (large.length === 0) return;
    const after = await withSplits(collection, tenant, before, large);
    if (!after) continue;
    const { done } = await dynamo().put({
      TableName: tableName('admin'),
      Item: tallyItem(key, { ...after, layout: before.layout + 1 }),
      ConditionExpression: 'changes = :changes AND layout = :layout',
      ExpressionAttributeValues: { ':changes': before.changes, ':layout': before.layout },
    });
    if (done) return;
  }
}

/**
 * @returns `undefined` if the records differ from the counts: others write, and part of a transaction is
 * visible already.
 */
async function withSplits<R extends Identified>(
  collection: Collection<R>,
  tenant: string,
  before: Tally,
  large: Block[],
): Promise<Tally | undefined> {
  let tally = before;
  for (const block of large) {
    const next = before.blocks[before.blocks.indexOf(block) + 1];
    const places = await placesOf(collection, tenant, { from: block.from, to: next?.from ?? listEnd });
    const facets = Object.entries(Object.groupBy(places, ({ facet }) => facet));
    const isCounted = facets.every(([facet, its]) => block.counts[facet] === its?.length);
    if (!isCounted || places.length !== sizeOf(block)) return undefined;
    tally = splitBlock(tally, block, places);
  }
  return tally;
}

/** Each facet is read by itself: the index of all records does not know it. */
async function placesOf<R extends Identified>(
  collection: Collection<R>,
  tenant: string,
  range: ListRange,
): Promise<ListPlace[]> {
  const places: ListPlace[] = [];
  const all = { first: recordsMax, most: recordsMax };
  for await (const page of walk({ collection, tenant, facets: collection.facets }, range, all))
    places.push(
      ...page.map(({ time, facet }) => ({
        time,
        facet: present(facet, 'an entry of a facet’s index tells the facet'),
      })),
    );
  return places;
}
