import { chunksOf } from '../../../core/parallel.ts';
import { keyOfMark } from '../../core/batch/effects.ts';
import type { TestTable } from '../../core/batch/table.ts';

/** Operations of one transaction, as many as a chunk has. */
const CHUNK = 25;

/**
 * The reads and transactions that a batch of these marks comes down to, one after the other: the marks, how each ended, a count. Nothing is opened,
 * queued, checked, cancelled or announced.
 */
export async function markInLoop(
  { store, name: TableName }: TestTable,
  run: string,
  marks: string[],
): Promise<void> {
  const count = { pk: `LOOP#${run}`, sk: 'COUNT' };
  await store.put({ TableName, Item: { ...count, done: 0 } });
  for (const [number, names] of chunksOf(marks, CHUNK).entries()) {
    const keys = names.map(keyOfMark);
    const { items } = await store.getMany(TableName, keys);
    if (items.length > 0) throw new Error('a mark was made before');
    const outcomes = JSON.stringify(names.map((name) => ({ result: { name } })));
    const { done } = await store.transact([
      {
        Update: {
          TableName,
          Key: count,
          UpdateExpression: 'SET done = done + :n',
          ExpressionAttributeValues: { ':n': names.length },
        },
      },
      { Put: { TableName, Item: { pk: count.pk, sk: `RESULT#${number}`, outcomes } } },
      ...keys.map((Item) => ({ Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } })),
    ]);
    if (!done) throw new Error('a transaction failed');
  }
}
