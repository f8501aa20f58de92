import { timestamp } from '../clock.ts';
import { transactOnce } from '../dynamo/transact-once.ts';
import { describe, log } from '../log.ts';
import type { Context } from './context.ts';
import { type BatchRecord, batchOf, isOver } from './record.ts';

/**
 * Announces that a batch has ended, if it has, and takes it off those that the sweep looks after. In this order, so that a crash between them
 * has it announced again rather than never: listeners must be able to hear it twice.
 *
 * A listener that fails fails nobody's work: the sweep tells it again within a minute, until it hears.
 *
 * @returns false if it was not heard.
 */
export async function announced(context: Context, record: BatchRecord): Promise<boolean> {
  if (!isOver(record)) return true;
  const table = context.table();
  const entry = context.keys.openAt(record.order);
  if (!(await context.store.get(table, entry))) return true;
  try {
    await context.onEnded?.(batchOf(record));
  } catch (error) {
    log('warn', 'the end of a batch could not be announced', { batch: record.id, ...describe(error) });
    return false;
  }
  await transactOnce(context.store, context.deps, [
    {
      Update: {
        TableName: table,
        Key: { pk: record.pk, sk: record.sk },
        UpdateExpression: 'SET announcedAt = :now',
        // A dead letter that is redriven meanwhile brings another end, which is still to be announced.
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
