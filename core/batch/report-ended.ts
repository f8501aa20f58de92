import { timestamp } from '../clock.ts';
import { transactOnce } from '../dynamo/transact-once.ts';
import { describe, log } from '../log.ts';
import type { Context } from './context.ts';
import { type BatchRecord, batchOf, isOver } from './record.ts';

/**
 * Reports the end of a batch to `onEnded`, if it has ended, and then removes it from the open batches that
 * the sweep reads. In this order a crash between the two repeats the report instead of losing it, so
 * listeners must be idempotent (at-least-once).
 *
 * An error of the listener is logged and fails no work: the sweep reports the end again each minute until the
 * listener returns.
 *
 * @returns false if the listener failed.
 */
export async function reportEnded(context: Context, record: BatchRecord): Promise<boolean> {
  if (!isOver(record)) return true;
  const table = context.table();
  const entry = context.keys.openAt(record.order);
  if (!(await context.store.get(table, entry))) return true;
  try {
    await context.onEnded?.(batchOf(record));
  } catch (error) {
    log('warn', 'the end of a batch could not be reported', { batch: record.id, ...describe(error) });
    return false;
  }
  await transactOnce(context.store, context.deps, [
    {
      Update: {
        TableName: table,
        Key: { pk: record.pk, sk: record.sk },
        UpdateExpression: 'SET announcedAt = :now',
        // A dead letter that is redriven meanwhile brings another end, which is still to be reported.
        ConditionExpression: 'inFlight = :none AND deadChunks = :dead',
        ExpressionAttributeValues: {
          ':now': timestamp(context.deps.now()),
          ':none': 0,
          ':dead': record.deadChunks,
        },
      },
    },
    { Delete: { TableName: table, Key: entry } },
  ]);
  return true;
}
