import type { Batch } from '../../../core/batch/record.ts';
import { asReceiptCounts, type ReceiptCounts, type SmsBatch, smsKeys } from './batch.ts';
import { smsEngine } from './engine.ts';
import { readItem } from './store.ts';
import { batchToReply } from './view.ts';

/** What the engine knows of a batch; nothing before it was released. */
export const engineProgress = async ({ engineId }: SmsBatch): Promise<Batch | undefined> =>
  engineId ? await smsEngine().read(engineId) : undefined;

const receiptCounts = async ({ tenant, id }: SmsBatch): Promise<ReceiptCounts> =>
  asReceiptCounts((await readItem(smsKeys.receipts(tenant, id))) ?? {});

/** How far a batch has come. */
export async function readProgress(batch: SmsBatch) {
  const [progress, receipts] = await Promise.all([engineProgress(batch), receiptCounts(batch)]);
  return { progress, view: batchToReply(batch, progress, receipts) };
}
