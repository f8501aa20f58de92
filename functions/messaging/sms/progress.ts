import type { Batch } from '../../../core/batch/record.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { getAll } from '../../../core/dynamo/get-all.ts';
import type { RetryingStore } from '../../../core/dynamo/retry.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { type ReceiptCounts, type SmsBatch, smsKeys, sumOfReceipts } from './batch.ts';
import { smsEngine } from './engine.ts';
import { batchToReply } from './view.ts';

/** The engine's state of a batch; `undefined` before its release. */
export const engineProgress = async ({ engineId }: SmsBatch): Promise<Batch | undefined> =>
  engineId ? await smsEngine().read(engineId) : undefined;

/** Counts the final receipts of a batch's messages, in one request. */
export async function readReceiptCounts(
  store: RetryingStore,
  { tenant, id, total }: Pick<SmsBatch, 'tenant' | 'id' | 'total'>,
): Promise<ReceiptCounts> {
  const counters = await getAll(store, tableName('messaging'), smsKeys.receiptCounters(tenant, id, total));
  return sumOfReceipts(counters.all());
}

/** Progress of a batch: the engine's state, and the body of an answer. */
export async function readProgress(batch: SmsBatch) {
  const [progress, receipts] = await Promise.all([engineProgress(batch), readReceiptCounts(dynamo(), batch)]);
  return { progress, view: batchToReply(batch, progress, receipts) };
}
