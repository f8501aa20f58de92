import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { getAll } from '../../../core/dynamo/get-all.ts';
import { keysPerGetMax } from '../../../core/dynamo/limits.ts';
import { queryAll } from '../../../core/dynamo/query-all.ts';
import type { Item } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { chunksOf } from '../../../core/parallel.ts';
import type { CollectionName, Identified } from './collection.ts';
import type { ListEntry, RecordSource } from './read.ts';
import { partitionOf, placeInFacet, recordOf } from './store.ts';

/** A record and its place in its list. */
export interface ListedRecord<R> {
  time: string;
  record: R;
}

/** Parts of a hundred records that are read while the reader works on one. */
const requestsAtOnceMax = 3;

/**
 * Reads the records of entries, a hundred at a time and in their order. The first hundred are read alone, so
 * that nothing delays them. A record that has left its place or the source's facets since its entry was read
 * is left out.
 *
 * @param pages entries of the source.
 */
export async function* listedRecords<R extends Identified>(
  source: RecordSource<R>,
  pages: AsyncIterable<ListEntry[]>,
): AsyncGenerator<ListedRecord<R>[]> {
  const ahead: Promise<ListedRecord<R>[]>[] = [];
  let aheadMax = 0;
  for await (const page of pages)
    for (const part of chunksOf(page, keysPerGetMax)) {
      const records = recordsAt(source, part);
      // A reader that stops early leaves parts unread, whose errors must not become unhandled rejections.
      records.catch(() => undefined);
      ahead.push(records);
      if (ahead.length <= aheadMax) continue;
      const some = await ahead.shift();
      if (some && some.length > 0) yield some;
      aheadMax = requestsAtOnceMax;
    }
  for (const records of ahead) {
    const some = await records;
    if (some.length > 0) yield some;
  }
}

async function recordsAt<R extends Identified>(
  { collection, tenant, facets }: RecordSource<R>,
  entries: ListEntry[],
): Promise<ListedRecord<R>[]> {
  const items = await itemsOf(
    collection.name,
    tenant,
    entries.map(({ sk }) => sk),
  );
  return entries.flatMap(({ sk, time }) => {
    const item = items.get(sk);
    if (!item) return [];
    const now = placeInFacet(String(item.facet));
    const isListed = now.time === time && (facets === 'all' || facets.includes(now.facet));
    return isListed ? [{ time, record: recordOf<R>(item) }] : [];
  });
}

/** The items with these sort keys, by sort key. */
async function itemsOf(name: CollectionName, tenant: string, sks: string[]): Promise<Map<string, Item>> {
  const table = tableName('admin');
  const pk = partitionOf(name, tenant);
  const { runs, single } = runsOf(sks);
  const ofRun = async ({ first, last }: Run): Promise<Item[]> => {
    const items: Item[] = [];
    for await (const item of queryAll(dynamo(), { table, range: { pk, between: [first, last] } }))
      items.push(item);
    return items;
  };
  const byKey = async () =>
    (
      await getAll(
        dynamo(),
        table,
        single.map((sk) => ({ pk, sk })),
      )
    ).all();
  const found = await Promise.all([byKey(), ...runs.map(ofRun)]);
  return new Map(found.flat().map((item) => [String(item.sk), item]));
}

/** Sort keys that one Query reads: all between these two. */
interface Run {
  first: string;
  last: string;
}

/**
 * Ids between neighbours in a run. An item that is read by its key costs a read unit, and one of a kilobyte
 * that a Query reads costs a quarter: so three that the page lacks cost no more than the key.
 */
const idsBetweenNeighboursMax = 3;

/** Shorter runs are not worth a request of their own. */
const runLengthMin = 16;

/**
 * Splits sort keys, which are numbers, into runs and those that are read one by one. Ids are mostly given in
 * the order of creation, so the records of an export are mostly neighbours.
 */
export function runsOf(sks: readonly string[]): { runs: Run[]; single: string[] } {
  const runs: Run[] = [];
  const single: string[] = [];
  let run: string[] = [];
  const close = () => {
    const [first, last] = [run[0], run.at(-1)];
    if (first !== undefined && last !== undefined && run.length >= runLengthMin) runs.push({ first, last });
    else single.push(...run);
    run = [];
  };
  for (const sk of sks.toSorted()) {
    if (Number(sk) - Number(run.at(-1) ?? sk) - 1 > idsBetweenNeighboursMax) close();
    run.push(sk);
  }
  close();
  return { runs, single };
}
