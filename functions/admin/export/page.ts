import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { Collection } from '../records/collection.ts';
import { countIn, type Listed, type Source, type Stretch, walk } from '../records/read.ts';
import { tallyKey } from '../records/store.ts';
import { BEGINNING, behind, END, sizeOf, type Tally, tallyOf } from '../records/tally.ts';

/** What an export is to have. */
export interface PageRequest {
  /** Of these facets, or all. */
  facets: readonly string[] | 'all';
  /** Days, both inclusive. */
  start?: string | undefined;
  end?: string | undefined;
  limit: number;
  offset: number;
  /** The place of the last record of the page before; it takes the place of `offset`. */
  after?: string | undefined;
}

/** What is known before the first record goes out. */
export interface OpenPage {
  count: number;
  /** How many records of the list come before the page, also where it goes on from a cursor. */
  offset: number;
  hasMore: boolean;
  /** Its records, page by page; the first was read already. */
  records: AsyncIterable<Listed[]>;
}

/** How many records are read before the first byte: some hundredths of a large export. */
const FIRST = 100;

/** How often the first records are read again because somebody wrote between them and the count. */
const READS = 20;

/**
 * Opens a page: counts, finds its beginning, and reads its first records, all as of one instant; of several only where twenty tries found
 * somebody writing. What is read later is as it then is.
 *
 * Totals and the beginning come from the tally: only a stretch that a date cuts, and the block that a cursor is in, are counted by reading
 * their entries, 500 each.
 */
export async function openPage(
  collection: Collection,
  tenant: string,
  request: PageRequest,
): Promise<OpenPage> {
  for (let time = 1; ; time++) {
    const tally = await readTally(collection, tenant);
    const source = narrowed({ collection, tenant, facets: request.facets }, tally);
    const stretches = await counted(source, tally, boundsOf(request));
    const count = stretches.reduce((sum, { size }) => sum + size, 0);
    const offset = await offsetOf(source, stretches, request);
    const records = recordsFrom(source, stretches, { ...request, offset });
    const first = await records.next();
    if (time === READS || (await readTally(collection, tenant)).changes === tally.changes)
      return { count, offset, hasMore: offset + request.limit < count, records: resumed(first, records) };
    await records.return(undefined);
  }
}

const readTally = async ({ name }: Collection, tenant: string): Promise<Tally> =>
  tallyOf(await dynamo().get(tableName('admin'), tallyKey(name, tenant)));

/** Facets without a record need not be read. */
function narrowed(source: Source, { blocks }: Tally): Source {
  if (source.facets === 'all') return source;
  return {
    ...source,
    facets: source.facets.filter((facet) => blocks.some(({ counts }) => counts[facet])),
  };
}

/** Places begin with a day, so the day after the last is behind everything of it. */
const boundsOf = ({ start, end }: PageRequest): Stretch => ({
  from: start ?? BEGINNING,
  to: end === undefined ? END : nextDay(end),
});

const DAY = 86_400_000;
const nextDay = (day: string): string => new Date(Date.parse(day) + DAY).toISOString().slice(0, 10);

/** A stretch of the list and how many records of the source it has. */
interface Sized extends Stretch {
  size: number;
}

/** The blocks within bounds. Those that a bound cuts are counted by reading. */
async function counted(source: Source, { blocks }: Tally, bounds: Stretch): Promise<Sized[]> {
  const facets = source.facets === 'all' ? undefined : new Set(source.facets);
  const sized = blocks.map(async (block, index): Promise<Sized[]> => {
    const whole = { from: block.from, to: blocks[index + 1]?.from ?? END };
    const from = bounds.from > whole.from ? bounds.from : whole.from;
    const to = bounds.to < whole.to ? bounds.to : whole.to;
    const most = sizeOf(block, facets);
    if (from >= to || most === 0) return [];
    const isWhole = from === whole.from && to === whole.to;
    return [{ from, to, size: isWhole ? most : await countIn(source, { from, to }) }];
  });
  return (await Promise.all(sized)).flat();
}

/** How many records come before the page. */
async function offsetOf(source: Source, stretches: Sized[], { offset, after }: PageRequest): Promise<number> {
  if (after === undefined) return offset;
  const to = behind(after);
  let before = 0;
  for (const stretch of stretches) {
    if (stretch.to <= to) before += stretch.size;
    else if (stretch.from < to) before += await countIn(source, { from: stretch.from, to });
  }
  return before;
}

/** The records of a page. It begins at the block in which it does, whose first records are read in vain unless a cursor names the place. */
async function* recordsFrom(
  source: Source,
  stretches: Sized[],
  { offset, after, limit }: PageRequest,
): AsyncGenerator<Listed[]> {
  const end = stretches.at(-1)?.to;
  let skip = after === undefined ? offset : 0;
  const begin = stretches.find(({ size }) => {
    if (skip < size) return true;
    skip -= size;
    return false;
  });
  if (!begin || end === undefined) return;
  const from = after !== undefined && behind(after) > begin.from ? behind(after) : begin.from;
  if (from >= end) return;
  let left = limit;
  const sizes = { first: skip + Math.min(FIRST, limit), most: skip + limit };
  for await (const page of walk(source, { from, to: end }, sizes)) {
    const its = page.slice(skip, skip + left);
    skip -= Math.min(skip, page.length);
    left -= its.length;
    if (its.length > 0) yield its;
    if (left === 0) return;
  }
}

async function* resumed<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (!first.done) {
    yield first.value;
    yield* rest;
  }
}
