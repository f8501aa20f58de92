import { timestamp } from '../clock.ts';
import { type Context, steadily } from './context.ts';
import { type BatchRecord, batchOf, isOver } from './record.ts';

/**
 * Announces that a batch has ended, if it has, and takes it off those that the sweep looks after. In this order, so that a crash between them
 * has it announced again rather than never: listeners must be able to hear it twice.
 */
export async function announced(context: Context, record: BatchRecord): Promise<void> {
  if (!isOver(record)) return;
  const table = context.table();
  const entry = { pk: context.keys.openOf().pk, sk: record.order };
  if (!(await steadily(context, () => context.store.get(table, entry)))) return;
  await context.announce?.(batchOf(record));
  await steadily(context, () =>
    context.store.transact([
      {
        Update: {
          TableName: table,
          Key: { pk: record.pk, sk: record.sk },
          UpdateExpression: 'SET announcedAt = :now',
          ExpressionAttributeValues: { ':now': timestamp(context.world.now()) },
        },
      },
      { Delete: { TableName: table, Key: entry } },
    ]),
  );
}
