import type { Batch } from '../../../core/batch/record.ts';
import { asReceiptCounts, type ReceiptCounts, type SmsBatch, smsKeys } from './batch.ts';
import { smsEngine } from './engine.ts';
import { readItem } from './store.ts';
import { batchToReply } from './view.ts';

/** The engine's state of a batch; `undefined` before its release. */
export const engineProgress = async ({ engineId }: SmsBatch): Promise<Batch | undefined> =>
  engineId ? await smsEngine().read(engineId) : undefined;

const receiptCounts = async ({ tenant, id }: SmsBatch): Promise<ReceiptCounts> =>
  asReceiptCounts((await readItem(smsKeys.receipts(tenant, id))) ?? {});

/** Progress of a batch: the engine's state, and the body of an answer. */
export async function readProgress(batch: SmsBatch) {
  const [progress, receipts] = await Promise.all([engineProgress(batch), receiptCounts(batch)]);
  return { progress, view: batchToReply(batch, progress, receipts) };
}
