import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { countAll } from '../../../core/dynamo/query-all.ts';
import type { Item, Page } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { invariant, present } from '../../../core/invariant.ts';
import type { Collection, CollectionName, Identified } from './collection.ts';
import { facetSortKey, partitionOf, placeInFacet } from './store.ts';

/**
 * A range of a list in the order of time. No place equals a bound, so inclusive and exclusive are the same.
 */
export interface ListRange {
  from: string;
  to: string;
}

/** The records of a tenant's collection: of these facets, or all. */
export interface RecordSource<R extends Identified> {
  collection: Collection<R>;
  tenant: string;
  facets: readonly string[] | 'all';
}

const queryOf = (
  name: CollectionName,
  tenant: string,
  facet: string | undefined,
  { from, to }: ListRange,
) => ({
  TableName: tableName('admin'),
  IndexName: facet === undefined ? 'time' : 'facet',
  KeyConditionExpression: 'pk = :pk AND #at BETWEEN :from AND :to',
  ExpressionAttributeNames: { '#at': facet === undefined ? 'time' : 'facet' },
  ExpressionAttributeValues: {
    ':pk': partitionOf(name, tenant),
    ':from': facet === undefined ? from : facetSortKey(facet, from),
    ':to': facet === undefined ? to : facetSortKey(facet, to),
  },
});

/** Counts the records of a range by reading its index entries; for small ranges. */
export async function countIn<R extends Identified>(
  { collection, tenant, facets }: RecordSource<R>,
  range: ListRange,
): Promise<number> {
  const streams = facets === 'all' ? [undefined] : facets;
  const counts = await Promise.all(
    streams.map((facet) => countAll(dynamo(), queryOf(collection.name, tenant, facet, range))),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** An entry of an index: where a record is in its list, and by which sort key of the table it is found. */
export interface ListEntry {
  time: string;
  /** Absent in entries of the index `time`, which does not know it. */
  facet?: string;
  sk: string;
}

function entryOf({ sk, time, facet }: Item): ListEntry {
  invariant(typeof sk === 'string', 'an index projects the keys of its table');
  if (typeof facet === 'string') return { sk, ...placeInFacet(facet) };
  invariant(typeof time === 'string', 'an index projects its sort key');
  return { sk, time };
}

/** Limits of a read of one index: entries of its first page, and in all. */
interface ReadSizes {
  first: number;
  most: number;
}

/**
 * Reads a range of one index in pages of up to 1 MB, some 6,000 entries. The next page is prefetched while
 * the reader works on the last.
 */
async function* pages<R extends Identified>(
  { collection, tenant }: RecordSource<R>,
  facet: string | undefined,
  range: ListRange,
  { first, most }: ReadSizes,
): AsyncGenerator<ListEntry[]> {
  const read = (start: Item | undefined, limit: number) =>
    dynamo().query({
      ...queryOf(collection.name, tenant, facet, range),
      // Items of version 1 have their document in the index, too.
      ProjectionExpression: 'sk, #at',
      Limit: limit,
      ExclusiveStartKey: start,
    });
  let prefetched: Promise<Page> | undefined;
  let left = most;
  let page: Page = await read(undefined, Math.min(first, most));
  yield page.items.map(entryOf);
  // Prefetching begins with the second page, so that nothing delays the first.
  while (page.next && left > page.items.length) {
    left -= page.items.length;
    prefetched ??= read(page.next, left);
    page = await prefetched;
    prefetched =
      page.next && left > page.items.length ? read(page.next, left - page.items.length) : undefined;
    // A reader that stops early leaves a page unread, whose error must not become an unhandled rejection.
    prefetched?.catch(() => undefined);
    yield page.items.map(entryOf);
  }
}

/** The current page of a stream, and the index of its next entry. */
interface StreamHead {
  pages: AsyncGenerator<ListEntry[]>;
  page: ListEntry[];
  at: number;
}

/**
 * Reads the entries of a range in the order of time, page by page. Several facets are read concurrently and
 * merged (a k-way merge).
 *
 * @param sizes limits for each facet.
 */
export async function* walk<R extends Identified>(
  source: RecordSource<R>,
  range: ListRange,
  sizes: ReadSizes,
): AsyncGenerator<ListEntry[]> {
  const { facets } = source;
  if (facets === 'all' || facets.length === 1) {
    yield* pages(source, facets === 'all' ? undefined : facets[0], range, sizes);
    return;
  }
  const streams = facets.map((facet) => pages(source, facet, range, sizes));
  const heads = await Promise.all(streams.map((its) => refilled({ pages: its, page: [], at: 0 })));
  let open = heads.filter((head) => head !== undefined);
  while (open.length > 0) {
    const merged: ListEntry[] = [];
    // Until a page is used up, the earliest of the heads is the next of the list.
    let used: StreamHead | undefined;
    while (!used) {
      const next = open.reduce((one, other) => (headOf(other).time < headOf(one).time ? other : one));
      merged.push(headOf(next));
      next.at += 1;
      if (next.at === next.page.length) used = next;
    }
    yield merged;
    const more = await refilled(used);
    open = open.flatMap((head) => (head !== used ? [head] : more ? [more] : []));
  }
}

const headOf = ({ page, at }: StreamHead): ListEntry =>
  present(page[at], 'a page that is used up is replaced by the next');

/** The stream at its next page that has entries; `undefined` at its end. */
async function refilled(head: StreamHead): Promise<StreamHead | undefined> {
  // Ends with the stream, which ends with its range.
  for (;;) {
    const { value, done } = await head.pages.next();
    if (done) return undefined;
    if (value.length > 0) return { ...head, page: value, at: 0 };
  }
}
