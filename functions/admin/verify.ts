import { batchVerifiers } from '../../core/batch/verify.ts';
import type { Item } from '../../core/dynamo/store.ts';
import { assertVersion } from '../../core/dynamo/version.ts';
import {
  countInIndex,
  everyItem,
  type Finding,
  type Verifier,
  type VerifyDeps,
  visitItems,
} from '../../core/verify/verifier.ts';
import type { CollectionName } from './records/collection.ts';
import { storedOf, tallyKey } from './records/store.ts';
import { type Tally, tallyOf } from './records/tally.ts';

const table = 'admin';
const collections: CollectionName[] = ['orders', 'users', 'services'];

/** The records of a tenant's collection, with their tally and their entries in both indexes. */
async function* collectionFindings(
  deps: VerifyDeps,
  collection: CollectionName,
  pk: string,
): AsyncGenerator<Finding> {
  const key = tallyKey(collection, pk.slice(collection.length + 1));
  const tally = tallyOf(await deps.store.get(deps.table(table), key));
  const counted = new Map<string, number>();
  let records = 0;
  yield* visitItems(deps, table, pk, (item) => {
    records += 1;
    const place = placeIn(tally, item);
    counted.set(place, (counted.get(place) ?? 0) + 1);
    storedOf(item);
  });
  const kept = new Map(
    tally.blocks.flatMap(({ id, counts }) =>
      Object.entries(counts).map(([facet, n]) => [`${id} ${facet}`, n]),
    ),
  );
  for (const place of new Set([...counted.keys(), ...kept.keys()]))
    if ((counted.get(place) ?? 0) !== (kept.get(place) ?? 0))
      yield { rule: `the tally counts the records of block and facet ${place}`, table, key };
  for (const index of ['time', 'facet'])
    if ((await countInIndex(deps, table, index, pk)) !== records)
      yield { rule: `the index ${index} has each record once`, table, key: { pk } };
}

/** Block and facet of a record, as the tally names them. */
function placeIn({ blocks }: Tally, { time, facet }: Item): string {
  const block = blocks.findLast(({ from }) => from <= String(time));
  return `${block?.id} ${String(facet).slice(0, -String(time).length - 1)}`;
}

/** Of administrators' records: collections with tallies, numbers of batches, and the engine's part. */
export const adminVerifiers: Verifier[] = [
  ...collections.map(
    (collection): Verifier => ({
      table,
      prefix: `${collection}#`,
      verify: (deps, pk) => collectionFindings(deps, collection, pk),
    }),
  ),
  everyItem(table, 'tally#', tallyOf),
  everyItem(table, 'batches#', (item) => assertVersion(item, 'number of batches')),
  ...batchVerifiers('admin'),
];
