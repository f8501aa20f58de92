import type { Batch } from '../../../core/batch/record.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { getAll } from '../../../core/dynamo/get-all.ts';
import { queryAll } from '../../../core/dynamo/query-all.ts';
import type { RetryingStore } from '../../../core/dynamo/retry.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { inParallel } from '../../../core/parallel.ts';
import { asReceiptCounter, type ReceiptCounts, type SmsBatch, smsKeys, sumOfCounts } from './batch.ts';
import { smsEngine } from './engine.ts';
import { countsIn } from './receipts/pack.ts';
import { batchToReply } from './view.ts';

/** The engine's state of a batch; `undefined` before its release. */
export const engineProgress = async ({ engineId }: SmsBatch): Promise<Batch | undefined> =>
  engineId ? await smsEngine().read(engineId) : undefined;

/** Counts the final receipts of a batch's messages: a query for each partition, eight of them at most. */
export async function readReceiptCounts(
  store: RetryingStore,
  { tenant, id, total, receiptsIn }: Pick<SmsBatch, 'tenant' | 'id' | 'total' | 'receiptsIn'>,
): Promise<ReceiptCounts> {
  const table = tableName('messaging');
  const ranges = smsKeys.receiptPacks(tenant, id, total);
  const packs = await inParallel(ranges, ranges.length, async (range) => {
    const counts: ReceiptCounts[] = [];
    for await (const item of queryAll(store, { table, range })) counts.push(countsIn(item));
    return sumOfCounts(counts);
  });
  const older = receiptsIn
    ? []
    : (await getAll(store, table, smsKeys.receiptCounters(tenant, id, total))).all();
  return sumOfCounts([...packs, ...older.map(asReceiptCounter)]);
}

/** Progress of a batch: the engine's state, and the body of an answer. */
export async function readProgress(batch: SmsBatch) {
  const [progress, receipts] = await Promise.all([engineProgress(batch), readReceiptCounts(dynamo(), batch)]);
  return { progress, view: batchToReply(batch, progress, receipts) };
}
