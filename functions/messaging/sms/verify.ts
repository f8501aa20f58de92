import { batchVerifiers } from '../../../core/batch/verify.ts';
import { FoundItems, getAll } from '../../../core/dynamo/get-all.ts';
import { queryAll } from '../../../core/dynamo/query-all.ts';
import type { Item } from '../../../core/dynamo/store.ts';
import { chunksOf } from '../../../core/parallel.ts';
import {
  everyItem,
  type Finding,
  type Verifier,
  type VerifyDeps,
  visitItems,
} from '../../../core/verify/verifier.ts';
import {
  asDueEntry,
  asPack,
  asReadFile,
  asReceiptCounter,
  asSmsBatch,
  type SmsBatch,
  smsKeys,
  sumOfCounts,
} from './batch.ts';
import { messageId } from './messages/id.ts';
import { asMessage } from './messages/record.ts';
import { countsIn, receiptIn } from './receipts/pack.ts';
import { asReceiptPoll, pollPartition } from './receipts/poll.ts';
import { asTemplate } from './templates/store.ts';

const table = 'messaging';

/** Messages that are read at once. */
const messagesAtOnce = 100;

const parsers: Record<string, (item: Item) => unknown> = {
  ERRORS: asReadFile,
  // Each pack of 50 messages has one item of receipts; earlier versions had counters.
  RECEIPTS: (item) => (item.sk === 'RECEIPTS' ? asReceiptCounter(item) : countsIn(item)),
  MESSAGE: asMessage,
};

/**
 * A batch with its packs, its messages and the counters of their receipts; or one message or counter alone.
 */
async function* batchFindings(deps: VerifyDeps, pk: string): AsyncGenerator<Finding> {
  let batch: SmsBatch | undefined;
  let packed = 0;
  yield* visitItems(deps, table, pk, (item) => {
    const kind = String(item.sk).split('#')[0] ?? '';
    if (kind === 'BATCH') batch = asSmsBatch(item);
    else if (kind === 'PACK') packed += asPack(item).length;
    else parsers[kind]?.(item);
  });
  // Packs are stored before their batch, and a batch of a file that is expected has none.
  if (!batch || batch.state === 'expected') return;
  const { tenant, id, total } = batch;
  if (packed !== total)
    yield { rule: 'a batch of texts has all of its messages', table, key: { pk, sk: 'BATCH' } };
  const counters = await getAll(deps.store, deps.table(table), smsKeys.receiptCounters(tenant, id, total));
  const { delivered, failed } = sumOfCounts(counters.all().map(asReceiptCounter));
  const items: Item[] = [];
  for (const range of smsKeys.receiptPacks(tenant, id, total))
    for await (const pack of queryAll(deps.store, { table: deps.table(table), range })) items.push(pack);
  const told = sumOfCounts(items.map(countsIn));
  const packs = new FoundItems(items);
  const found = { sent: 0, delivered: 0, failed: 0, counted: 0 };
  const numbers = Array.from({ length: total }, (_, n) => n);
  for (const some of chunksOf(numbers, messagesAtOnce)) {
    const keyOf = (n: number) => smsKeys.message(tenant, messageId(id, n));
    const records = await getAll(deps.store, deps.table(table), some.map(keyOf), ['state']);
    for (const n of some) {
      const state = records.get(keyOf(n))?.state;
      if (state !== undefined) found.sent += 1;
      if (state === 'failed') found.failed += 1;
      if (state !== 'delivered') continue;
      found.delivered += 1;
      if (!receiptIn(packs.get(smsKeys.receiptPack(tenant, id, n)), n)) found.counted += 1;
    }
  }
  if (told.delivered + told.failed > found.sent)
    yield { rule: 'receipts are of messages that were sent', table, key: { pk, sk: 'BATCH' } };
  // A receipt that came before the provider's answer ends the record, too; packs have it then.
  if (found.counted > delivered)
    yield { rule: 'a message that was delivered has its receipt', table, key: { pk, sk: 'BATCH' } };
  if (found.delivered < delivered)
    yield {
      rule: 'the counters of receipts are at most the messages that were delivered',
      table,
      key: { pk, sk: 'RECEIPTS' },
    };
  // A message that the provider refused has failed without a receipt.
  if (found.failed < failed)
    yield {
      rule: 'the counters of receipts are at most the messages that failed',
      table,
      key: { pk, sk: 'RECEIPTS' },
    };
}

/** Of text messages: their batches, those that are due, templates, and the engine's part. */
export const smsVerifiers: Verifier[] = [
  { table, prefix: 'SMS#', verify: batchFindings },
  everyItem(table, 'SMS-DUE', asDueEntry),
  everyItem(table, 'SMS-TEMPLATES#', asTemplate),
  everyItem(table, pollPartition, asReceiptPoll),
  ...batchVerifiers('sms'),
];
