import type { Action, Item, Key } from '../../../core/dynamo/store.ts';

/**
 * How many records of one tenant and kind there are, exactly, by facet and by stretch of time: one item, changed in the transaction that
 * changes the records.
 *
 * The order of all records (by time of creation, then id) is cut into blocks, and each has a counter for each facet. So a total is a sum, and
 * the place of the 9,000th record is known up to a block, without reading any record.
 */
export interface Tally {
  /** Changes when the blocks do. */
  layout: number;
  /** Changes whenever a record is added or moves. */
  changes: number;
  /** In order; the first begins at `BEGINNING`. */
  blocks: Block[];
}

export interface Block {
  id: number;
  /** Where it begins: before its first place, and after the last one of the block before. */
  from: string;
  /** Records by facet. */
  counts: Record<string, number>;
}

/** Where a record stands in its list, and what it is filtered by. */
export interface Place {
  time: string;
  facet: string;
}

/** Before and after every place: a place begins with a year. */
export const BEGINNING = '0';
export const END = ':';

/** Right behind a place, and before the next: places are of one length. So bounds never are places themselves. */
export const behind = (time: string): string => `${time}!`;

/** How many records a block has at most before it is cut in two: what an offset reads in vain at most. */
export const BLOCK = 500;

const counter = (block: number, facet: string) => `n:${block}:${facet}`;

export function tallyOf(item: Item | undefined): Tally {
  if (!item) return { layout: 0, changes: 0, blocks: [{ id: 0, from: BEGINNING, counts: {} }] };
  const counts = new Map<number, Record<string, number>>();
  for (const [name, value] of Object.entries(item)) {
    const [, block, facet = ''] = /^n:(\d+):(.+)$/.exec(name) ?? [];
    if (block === undefined || value === 0) continue;
    counts.set(Number(block), { ...counts.get(Number(block)), [facet]: Number(value) });
  }
  const starts = item.blocks as { id: number; from: string }[];
  return {
    layout: Number(item.layout),
    changes: Number(item.changes),
    blocks: starts.map(({ id, from }) => ({ id, from, counts: counts.get(id) ?? {} })),
  };
}

export const sizeOf = ({ counts }: Pick<Block, 'counts'>, facets?: ReadonlySet<string>): number =>
  Object.entries(counts).reduce((sum, [facet, n]) => (!facets || facets.has(facet) ? sum + n : sum), 0);

const blockAt = ({ blocks }: Tally, time: string): Block | undefined =>
  blocks.findLast(({ from }) => from <= time);

/**
 * The update that goes with records that were added (`from` is absent) or moved; `undefined` if nothing that is counted changed. It only adds,
 * so writers do not disturb each other; its condition fails if the blocks were cut anew since the tally was read.
 */
export function tallyUpdate(
  table: string,
  key: Key,
  tally: Tally,
  moves: { from?: Place | undefined; to: Place }[],
): Action | undefined {
  const sums = new Map<string, number>();
  const add = ({ time, facet }: Place, by: number) => {
    const name = counter(blockAt(tally, time)?.id ?? 0, facet);
    sums.set(name, (sums.get(name) ?? 0) + by);
  };
  const real = moves.filter(({ from, to }) => from?.time !== to.time || from.facet !== to.facet);
  if (real.length === 0) return undefined;
  for (const { from, to } of real) {
    if (from) add(from, -1);
    add(to, 1);
  }
  const changed = [...sums].filter(([, by]) => by !== 0);
  const adds = changed.map(([, by], index) => `#${index} :${by < 0 ? 'm' : 'p'}${Math.abs(by)}`);
  const isNew = tally.changes === 0;
  const starts = tally.blocks.map(({ id, from }) => ({ id, from }));
  return {
    Update: {
      TableName: table,
      Key: key,
      UpdateExpression: `${isNew ? 'SET layout = :layout, blocks = :blocks ' : ''}ADD ${['changes :p1', ...adds].join(', ')}`,
      ConditionExpression: isNew ? 'attribute_not_exists(layout)' : 'layout = :layout',
      ...(changed.length > 0 && {
        ExpressionAttributeNames: Object.fromEntries(changed.map(([name], index) => [`#${index}`, name])),
      }),
      ExpressionAttributeValues: {
        ':layout': tally.layout,
        ...(isNew ? { ':blocks': starts } : {}),
        ':p1': 1,
        ...Object.fromEntries(changed.map(([, by]) => [`:${by < 0 ? 'm' : 'p'}${Math.abs(by)}`, by])),
      },
    },
  };
}

/** The tally with a block cut into several that have at most `BLOCK` records. `places` are all records of the block, in order. */
export function cut(tally: Tally, block: Block, places: Place[]): Tally {
  const parts = Math.ceil(places.length / BLOCK);
  const size = Math.ceil(places.length / parts);
  let free = Math.max(...tally.blocks.map(({ id }) => id)) + 1;
  const made = Array.from({ length: parts }, (_, part): Block => {
    const its = places.slice(part * size, (part + 1) * size);
    const counts: Record<string, number> = {};
    for (const { facet } of its) counts[facet] = (counts[facet] ?? 0) + 1;
    return part === 0
      ? { id: block.id, from: block.from, counts }
      : { id: free++, from: behind(places[part * size - 1]?.time ?? BEGINNING), counts };
  });
  return {
    ...tally,
    layout: tally.layout + 1,
    blocks: tally.blocks.flatMap((one) => (one.id === block.id ? made : [one])),
  };
}

/** A tally as an item. */
export const tallyItem = (key: Key, { layout, changes, blocks }: Tally): Item => ({
  ...key,
  layout,
  changes,
  blocks: blocks.map(({ id, from }) => ({ id, from })),
  ...Object.fromEntries(
    blocks.flatMap(({ id, counts }) =>
      Object.entries(counts).map(([facet, n]) => [counter(id, facet), n] as const),
    ),
  ),
});
