import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { Collection, CollectionName, Identified } from '../records/collection.ts';
import { type ListedRecord, listedRecords } from '../records/listed.ts';
import { countIn, type ListEntry, type ListRange, type RecordSource, walk } from '../records/read.ts';
import { tallyKey } from '../records/store.ts';
import { justAfter, listBeginning, listEnd, sizeOf, type Tally, tallyOf } from '../records/tally.ts';

/** The records that an export asks for. */
export interface ExportRequest {
  /** Records of these facets, or all. */
  facets: readonly string[] | 'all';
  /** Days, both inclusive. */
  start?: string | undefined;
  end?: string | undefined;
  limit: number;
  offset: number;
  /** The place of the last record of the page before (keyset pagination); used instead of `offset`. */
  after?: string | undefined;
}

/** A page whose first records were read. */
export interface OpenPage<R> {
  count: number;
  /** The records of the list before the page, also if it continues from a cursor. */
  offset: number;
  hasMore: boolean;
  /** Its records, in chunks; the first chunk was read already. */
  records: AsyncIterable<ListedRecord<R>[]>;
}

/** Records read before the first byte: a small part of a large export. */
const firstRecordsMax = 100;

/** Number of tries to read the count and the first records as of one instant, while others write. */
const openTriesMax = 20;

/**
 * Opens a page: counts, finds its beginning and reads its first records. All of them are as of one instant,
 * unless others wrote during each of twenty tries. Later records are read as they are then.
 *
 * Counts come from the tally. Only blocks that a date divides, and the block of a cursor, are counted by
 * reading their index entries, about 500 each.
 */
export async function openPage<R extends Identified>(
  collection: Collection<R>,
  tenant: string,
  request: ExportRequest,
): Promise<OpenPage<R>> {
  // Ends at the latest with try `openTriesMax`, whose page is taken although others wrote meanwhile.
  for (let time = 1; ; time++) {
    const tally = await readTally(collection, tenant);
    const source = narrowed({ collection, tenant, facets: request.facets }, tally);
    const ranges = await sizedRanges(source, tally, boundsOf(request));
    const count = ranges.reduce((sum, { size }) => sum + size, 0);
    const offset = await offsetOf(source, ranges, request);
    const records = listedRecords(source, entriesFrom(source, ranges, { ...request, offset }));
    const first = await records.next();
    if (time === openTriesMax || (await readTally(collection, tenant)).changes === tally.changes)
      return { count, offset, hasMore: offset + request.limit < count, records: resumed(first, records) };
    await records.return(undefined);
  }
}

const readTally = async ({ name }: { name: CollectionName }, tenant: string): Promise<Tally> =>
  tallyOf(await dynamo().get(tableName('admin'), tallyKey(name, tenant)));

/** The source without the facets that have no record. */
function narrowed<R extends Identified>(source: RecordSource<R>, { blocks }: Tally): RecordSource<R> {
  if (source.facets === 'all') return source;
  return {
    ...source,
    facets: source.facets.filter((facet) => blocks.some(({ counts }) => counts[facet])),
  };
}

/** Places begin with a day, so the next day is after all places of the last one. */
const boundsOf = ({ start, end }: ExportRequest): ListRange => ({
  from: start ?? listBeginning,
  to: end === undefined || end >= lastDay ? listEnd : nextDay(end),
});

/** The last day with a text of this form: that of the next one sorts before all others. */
const lastDay = '9999-12-31';
const dayMs = 86_400_000;
const nextDay = (day: string): string => new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);

/** A range of the list and the number of its records that belong to the source. */
interface SizedRange extends ListRange {
  size: number;
}

/** The blocks within bounds. Those that a bound divides are counted by reading. */
async function sizedRanges<R extends Identified>(
  source: RecordSource<R>,
  { blocks }: Tally,
  bounds: ListRange,
): Promise<SizedRange[]> {
  const facets = source.facets === 'all' ? undefined : new Set(source.facets);
  const sized = blocks.map(async (block, index): Promise<SizedRange[]> => {
    const whole = { from: block.from, to: blocks[index + 1]?.from ?? listEnd };
    const from = bounds.from > whole.from ? bounds.from : whole.from;
    const to = bounds.to < whole.to ? bounds.to : whole.to;
    const most = sizeOf(block, facets);
    if (from >= to || most === 0) return [];
    const isWhole = from === whole.from && to === whole.to;
    return [{ from, to, size: isWhole ? most : await countIn(source, { from, to }) }];
  });
  return (await Promise.all(sized)).flat();
}

/** The number of records before the page. */
async function offsetOf<R extends Identified>(
  source: RecordSource<R>,
  ranges: SizedRange[],
  { offset, after }: ExportRequest,
): Promise<number> {
  if (after === undefined) return offset;
  const to = justAfter(after);
  let before = 0;
  for (const range of ranges) {
    if (range.to <= to) before += range.size;
    else if (range.from < to) before += await countIn(source, { from: range.from, to });
  }
  return before;
}

/**
 * Reads the entries of a page. Reading starts with the block that the page begins in, so with an offset up to
 * a block's entries are skipped; with a cursor none are.
 */
async function* entriesFrom<R extends Identified>(
  source: RecordSource<R>,
  ranges: SizedRange[],
  { offset, after, limit }: ExportRequest,
): AsyncGenerator<ListEntry[]> {
  const end = ranges.at(-1)?.to;
  let skip = after === undefined ? offset : 0;
  const begin = ranges.find(({ size }) => {
    if (skip < size) return true;
    skip -= size;
    return false;
  });
  if (!begin || end === undefined) return;
  const from = after !== undefined && justAfter(after) > begin.from ? justAfter(after) : begin.from;
  if (from >= end) return;
  let left = limit;
  const sizes = { first: skip + Math.min(firstRecordsMax, limit), most: skip + limit };
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
