import { expect, test } from 'vitest';
import type { Item } from '../../core/dynamo/store.ts';
import {
  type ListPlace,
  listEnd,
  recordsPerBlockMax,
  sizeOf,
  splitBlock,
  tallyItem,
  tallyOf,
  tallyUpdate,
} from '../../functions/admin/records/tally.ts';
import { fc } from '../properties.ts';

const key = { pk: 'tally', sk: 'TALLY' };

/** The item after DynamoDB did this update. */
function updated(item: Item | undefined, update: ReturnType<typeof tallyUpdate>): Item | undefined {
  const {
    UpdateExpression = '',
    ExpressionAttributeNames = {},
    ExpressionAttributeValues = {},
  } = update?.Update ?? {};
  if (!update) return item;
  const after: Item = {
    ...(item ?? {
      ...key,
      layout: ExpressionAttributeValues[':layout'],
      blocks: ExpressionAttributeValues[':blocks'],
    }),
  };
  for (const one of UpdateExpression.split('ADD ')[1]?.split(', ') ?? []) {
    const [name = '', value = ''] = one.split(' ');
    const attribute = ExpressionAttributeNames[name] ?? name;
    after[attribute] = Number(after[attribute] ?? 0) + Number(ExpressionAttributeValues[value]);
  }
  return after;
}

const place = fc
  .record({ time: fc.integer({ min: 0, max: 5_000 }), facet: fc.constantFrom('a', 'b', 'c') })
  .map(
    ({ time, facet }): ListPlace => ({
      time: `${new Date(Date.UTC(2025, 0, 1, 0, time)).toISOString().slice(0, 19)}Z#${String(time).padStart(16, '0')}`,
      facet,
    }),
  );

test('whatever is added and moved, and however blocks are cut, counts are those of the records', () => {
  let cuts = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(place, { minLength: 20, maxLength: 50, size: 'max' }), {
        minLength: 1,
        maxLength: 40,
        size: 'max',
      }),
      (rounds) => {
        const records = new Map<string, ListPlace>();
        let item: Item | undefined;
        for (const round of rounds) {
          const moves = [...new Map(round.map((to) => [to.time, to])).values()].map((to) => ({
            from: records.get(to.time),
            to,
          }));
          item = updated(item, tallyUpdate('table', key, tallyOf(item), moves));
          for (const { to } of moves) records.set(to.time, to);
          for (const block of tallyOf(item).blocks) {
            const tally = tallyOf(item);
            const next =
              tally.blocks[tally.blocks.findIndex(({ id }) => id === block.id) + 1]?.from ?? listEnd;
            const its = [...records.values()]
              .filter(({ time }) => time >= block.from && time < next)
              .sort((one, other) => (one.time < other.time ? -1 : 1));
            expect(sizeOf(block)).toBe(its.length);
            for (const facet of ['a', 'b', 'c'])
              expect(sizeOf(block, new Set([facet]))).toBe(its.filter((one) => one.facet === facet).length);
            if (its.length <= recordsPerBlockMax) continue;
            cuts += 1;
            const after = splitBlock(tally, block, its);
            expect(Math.max(...after.blocks.map((one) => sizeOf(one)))).toBeLessThanOrEqual(
              Math.max(
                recordsPerBlockMax,
                ...tally.blocks.filter(({ id }) => id !== block.id).map((one) => sizeOf(one)),
              ),
            );
            item = tallyItem(key, after);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
  expect(cuts).toBeGreaterThan(5);
});
