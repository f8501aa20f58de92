import * as z from 'zod';
import type { Action, Item, Key } from '../../../core/dynamo/store.ts';
import { stored } from '../../../core/dynamo/version.ts';
import { invariant, present } from '../../../core/invariant.ts';

/**
 * Exact counts of the records of one tenant and collection, by facet and by block: one item, updated in the
 * transaction that changes the records.
 *
 * The list of all records (by time of creation, then id) is partitioned into blocks, each with a counter for
 * each facet. So a total is a sum, and the position of the 9,000th record is known up to a block without
 * reading any record.
 */
export interface Tally {
  /** Incremented when the blocks change. */
  layout: number;
  /** Incremented whenever a record is added or moves. */
  changes: number;
  /** In order; the first begins at `listBeginning`. */
  blocks: Block[];
}

export interface Block {
  id: number;
  /** Its lower bound: before its first place, and after the last place of the block before. */
  from: string;
  /** Records by facet. */
  counts: Record<string, number>;
}

/** The place of a record in its list, and the facet that it is filtered by. */
export interface ListPlace {
  time: string;
  facet: string;
}

/** Bounds before and after every place, which begins with a year. */
export const listBeginning = '0';
export const listEnd = ':';

/**
 * The bound directly after a place and before the next. Places have one length, so a bound never equals a
 * place.
 */
export const justAfter = (time: string): string => `${time}!`;

/** Records of a block before it is split. A page at an offset reads at most so many records that it skips. */
export const recordsPerBlockMax = 500;

/** A stored tally without its counters, which are the attributes `n:<block>:<facet>`. */
const TallyItem = stored(
  'tally',
  z.object({
    layout: z.int(),
    changes: z.int(),
    blocks: z.array(z.object({ id: z.int(), from: z.string() })),
  }),
);

const counter = (block: number, facet: string) => `n:${block}:${facet}`;

/** The tally of an item; without an item the empty one. */
export function tallyOf(item: Item | undefined): Tally {
  if (!item) return { layout: 0, changes: 0, blocks: [{ id: 0, from: listBeginning, counts: {} }] };
  const { layout, changes, blocks } = TallyItem.parse(item);
  const counts = new Map<number, Record<string, number>>();
  for (const [name, value] of Object.entries(item)) {
    const [, block, facet] = /^n:(\d+):(.+)$/.exec(name) ?? [];
    if (block === undefined || facet === undefined || value === 0) continue;
    invariant(typeof value === 'number', 'a counter of a tally is a number');
    counts.set(Number(block), { ...counts.get(Number(block)), [facet]: value });
  }
  return {
    layout,
    changes,
    blocks: blocks.map((block) => ({ ...block, counts: counts.get(block.id) ?? {} })),
  };
}

/** The records of a block, of these facets or of all. */
export const sizeOf = ({ counts }: Pick<Block, 'counts'>, facets?: ReadonlySet<string>): number =>
  Object.entries(counts).reduce((sum, [facet, n]) => (!facets || facets.has(facet) ? sum + n : sum), 0);

const blockAt = ({ blocks }: Tally, time: string): Block =>
  present(
    blocks.findLast(({ from }) => from <= time),
    'the first block begins before every place',
  );

/**
 * The update of the tally for records that were added (`from` is absent) or moved; `undefined` if no count
 * changes. It only adds, so concurrent writers do not conflict; its condition fails if blocks were split
 * since the tally was read.
 */
export function tallyUpdate(
  table: string,
  key: Key,
  tally: Tally,
  moves: { from?: ListPlace | undefined; to: ListPlace }[],
): Action | undefined {
  const sums = new Map<string, number>();
  const add = ({ time, facet }: ListPlace, by: number) => {
    const name = counter(blockAt(tally, time).id, facet);
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

/**
 * The tally with a block split into several of at most `recordsPerBlockMax` records.
 *
 * @param places of all records of the block, in order.
 */
export function splitBlock(tally: Tally, block: Block, places: ListPlace[]): Tally {
  const size = Math.ceil(places.length / Math.ceil(places.length / recordsPerBlockMax));
  let free = Math.max(...tally.blocks.map(({ id }) => id)) + 1;
  const made = Array.from({ length: Math.ceil(places.length / size) }, (_, part): Block => {
    const its = places.slice(part * size, (part + 1) * size);
    const counts: Record<string, number> = {};
    for (const { facet } of its) counts[facet] = (counts[facet] ?? 0) + 1;
    return part === 0
      ? { id: block.id, from: block.from, counts }
      : {
          id: free++,
          from: justAfter(present(places[part * size - 1], 'the part before is full').time),
          counts,
        };
  });
  return {
    ...tally,
    layout: tally.layout + 1,
    blocks: tally.blocks.flatMap((one) => (one.id === block.id ? made : [one])),
  };
}

/** The item of a tally. */
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
