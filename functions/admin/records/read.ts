import { dynamo } from '../../../core/dynamo/dynamo.ts';
import type { Item, Page } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { Collection, CollectionName } from './collection.ts';
import { facetPlace, partitionOf, recordOf } from './store.ts';

/** A stretch of a list, in the order of time; neither bound is a place. */
export interface Stretch {
  from: string;
  to: string;
}

/** Whose records, and which of them: of these facets, or all. */
export interface Source {
  collection: Collection;
  tenant: string;
  facets: readonly string[] | 'all';
}

const queryOf = (name: CollectionName, tenant: string, facet: string | undefined, { from, to }: Stretch) => ({
  TableName: tableName('admin'),
  IndexName: facet === undefined ? 'time' : 'facet',
  KeyConditionExpression: 'pk = :pk AND #at BETWEEN :from AND :to',
  ExpressionAttributeNames: { '#at': facet === undefined ? 'time' : 'facet' },
  ExpressionAttributeValues: {
    ':pk': partitionOf(name, tenant),
    ':from': facet === undefined ? from : facetPlace(facet, from),
    ':to': facet === undefined ? to : facetPlace(facet, to),
  },
});

/** How many records there are in a stretch: for a small one, whose entries are read to be counted. */
export async function countIn({ collection, tenant, facets }: Source, stretch: Stretch): Promise<number> {
  const streams = facets === 'all' ? [undefined] : facets;
  const counts = await Promise.all(
    streams.map(async (facet) => {
      let count = 0;
      let start: Item | undefined;
      do {
        const page = await dynamo().query({
          ...queryOf(collection.name, tenant, facet, stretch),
          Select: 'COUNT',
          ExclusiveStartKey: start,
        });
        count += page.count;
        start = page.next;
      } while (start);
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A record in a list. */
export interface Listed {
  time: string;
  record: { id: number };
}

/** Each index has its own sort key only; a facet's begins with the facet. */
const listed = (item: Item): Listed => ({
  time: String(item.time ?? String(item.facet).replace(/^[^#]*#/, '')),
  record: recordOf(item),
});

/**
 * One index's pages of a stretch. While one is worked on the next is being read.
 *
 * @param first how many records the first page has at most; further pages have what DynamoDB reads at once, 1 MB, but no more than `most`.
 */
async function* pages(
  { collection, tenant }: Source,
  facet: string | undefined,
  stretch: Stretch,
  { first, most }: { first: number; most: number },
): AsyncGenerator<Listed[]> {
  const read = (start: Item | undefined, limit: number) =>
    dynamo().query({
      ...queryOf(collection.name, tenant, facet, stretch),
      Limit: limit,
      ExclusiveStartKey: start,
    });
  let ahead: Promise<Page> | undefined;
  let left = most;
  let page: Page = await read(undefined, Math.min(first, most));
  yield page.items.map(listed);
  // Only from the second on: nothing should come between the first page and its reader.
  while (page.next && left > page.items.length) {
    left -= page.items.length;
    ahead ??= read(page.next, left);
    page = await ahead;
    ahead = page.next && left > page.items.length ? read(page.next, left - page.items.length) : undefined;
    // Whoever stops early leaves a page behind: its fault is then nobody's.
    ahead?.catch(() => undefined);
    yield page.items.map(listed);
  }
}

/** One stream of records as its next one, and the rest of its page. */
interface Head {
  pages: AsyncGenerator<Listed[]>;
  page: Listed[];
  at: number;
}

/**
 * The records of a stretch in the order of time, page by page. Several facets are read beside each other, and merged.
 *
 * @param sizes how many records are read first, and at most, of each facet.
 */
export async function* walk(
  source: Source,
  stretch: Stretch,
  sizes: { first: number; most: number },
): AsyncGenerator<Listed[]> {
  const { facets } = source;
  if (facets === 'all' || facets.length === 1) {
    yield* pages(source, facets === 'all' ? undefined : facets[0], stretch, sizes);
    return;
  }
  const streams = facets.map((facet) => pages(source, facet, stretch, sizes));
  const heads = await Promise.all(streams.map((its) => refilled({ pages: its, page: [], at: 0 })));
  let open = heads.filter((head) => head !== undefined);
  while (open.length > 0) {
    const merged: Listed[] = [];
    // As long as no page is used up the first of all heads is the next of the list.
    let used: Head | undefined;
    while (!used) {
      const next = open.reduce((one, other) => (timeOf(other) < timeOf(one) ? other : one));
      const listed = next.page[next.at++];
      if (listed) merged.push(listed);
      if (next.at === next.page.length) used = next;
    }
    yield merged;
    const more = await refilled(used);
    open = open.flatMap((head) => (head !== used ? [head] : more ? [more] : []));
  }
}

const timeOf = ({ page, at }: Head): string => page[at]?.time ?? '';

async function refilled(head: Head): Promise<Head | undefined> {
  for (;;) {
    const { value, done } = await head.pages.next();
    if (done) return undefined;
    if (value.length > 0) return { ...head, page: value, at: 0 };
  }
}
