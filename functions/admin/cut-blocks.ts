import { tableName } from '../../core/table.ts';
import type { Collection } from './collection.ts';
import { type Stretch, walk } from './read.ts';
import { placeOf, store, tallyKey } from './store.ts';
import { BLOCK, cut, END, type Place, sizeOf, tallyItem, tallyOf } from './tally.ts';

/** How often it is tried while others write. What is not cut now is cut after the next import: it only makes offsets dearer. */
const TRIES = 5;

/** More records than there can be; DynamoDB ends pages by itself. */
const EVERYTHING = 1_000_000;

/** Cuts the blocks of a tally that have become too large. */
export async function cutLargeBlocks(collection: Collection, tenant: string): Promise<void> {
  const key = tallyKey(collection.name, tenant);
  for (let time = 0; time < TRIES; time++) {
    const item = await store().get(tableName('admin'), key);
    let tally = tallyOf(item);
    const before = tally;
    for (const block of before.blocks.filter((one) => sizeOf(one) > BLOCK)) {
      const next = before.blocks[before.blocks.indexOf(block) + 1];
      const places = await placesOf(collection, tenant, { from: block.from, to: next?.from ?? END });
      // Somebody wrote meanwhile: the condition below would fail.
      if (places.length !== sizeOf(block)) break;
      tally = { ...cut(tally, block, places), layout: before.layout + 1 };
    }
    if (tally === before) return;
    const { done } = await store().put({
      TableName: tableName('admin'),
      Item: tallyItem(key, tally),
      ConditionExpression: 'changes = :changes AND layout = :layout',
      ExpressionAttributeValues: { ':changes': before.changes, ':layout': before.layout },
    });
    if (done) return;
  }
}

async function placesOf(collection: Collection, tenant: string, stretch: Stretch): Promise<Place[]> {
  const places: Place[] = [];
  const all = { first: EVERYTHING, most: EVERYTHING };
  for await (const page of walk({ collection, tenant, facets: 'all' }, stretch, all))
    places.push(...page.map(({ record }) => placeOf(collection, record)));
  return places;
}
