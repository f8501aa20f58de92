import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { Collection } from './collection.ts';
import { type Stretch, walk } from './read.ts';
import { placeOf, tallyKey } from './store.ts';
import { BLOCK, type Block, cut, END, type Place, sizeOf, type Tally, tallyItem, tallyOf } from './tally.ts';

/** How often it is tried while others write. What is not cut now is cut after the next import: it only makes offsets dearer. */
const TRIES = 5;

/** More records than there can be; DynamoDB ends pages by itself. */
const EVERYTHING = 1_000_000;

/** Cuts the blocks of a tally that have become too large. */
export async function cutLargeBlocks(collection: Collection, tenant: string): Promise<void> {
  const key = tallyKey(collection.name, tenant);
  for (let time = 0; time < TRIES; time++) {
    const before = tallyOf(await dynamo().get(tableName('admin'), key));
    const large = before.blocks.filter((block) => sizeOf(block) > BLOCK);
    if (large.length === 0) return;
    const after = await withCut(collection, tenant, before, large);
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

/** @returns nothing if the records are not those that were counted: a transaction is only half to be seen. */
async function withCut(
  collection: Collection,
  tenant: string,
  before: Tally,
  large: Block[],
): Promise<Tally | undefined> {
  let tally = before;
  for (const block of large) {
    const next = before.blocks[before.blocks.indexOf(block) + 1];
    const places = await placesOf(collection, tenant, { from: block.from, to: next?.from ?? END });
    const facets = Object.entries(Object.groupBy(places, ({ facet }) => facet));
    const isCounted = facets.every(([facet, its]) => block.counts[facet] === its?.length);
    if (!isCounted || places.length !== sizeOf(block)) return undefined;
    tally = cut(tally, block, places);
  }
  return tally;
}

async function placesOf(collection: Collection, tenant: string, stretch: Stretch): Promise<Place[]> {
  const places: Place[] = [];
  const all = { first: EVERYTHING, most: EVERYTHING };
  for await (const page of walk({ collection, tenant, facets: 'all' }, stretch, all))
    places.push(...page.map(({ record }) => placeOf(collection, record)));
  return places;
}
