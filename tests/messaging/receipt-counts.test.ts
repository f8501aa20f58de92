import { randomUUID } from 'node:crypto';
import { afterAll, expect, test, vi } from 'vitest';
import { systemDeps } from '../../core/deps.ts';
import { AnswerLost, Busy } from '../../core/dynamo/errors.ts';
import { retrying } from '../../core/dynamo/retry.ts';
import type { Store } from '../../core/dynamo/store.ts';
import { smsKeys } from '../../functions/messaging/sms/batch.ts';
import { batchIdFrom, messageId } from '../../functions/messaging/sms/messages/id.ts';
import type { MessageState } from '../../functions/messaging/sms/messages/record.ts';
import { readReceiptCounts } from '../../functions/messaging/sms/progress.ts';
import type { Receipt } from '../../functions/messaging/sms/providers/provider.ts';
import { noteReceipts } from '../../functions/messaging/sms/receipts/note.ts';
import { life, peaceful, seeded, storeOf } from '../core/batch/faults.ts';
import { startTable } from '../core/batch/table.ts';
import { messageStates } from './message-states.ts';

const table = await startTable();
vi.stubEnv('MESSAGING_TABLE', table.name);
afterAll(() => table.stop());

const tenant = 'tenant';

/** A batch of messages that a carrier took. */
async function sentBatch(total: number) {
  const id = batchIdFrom(randomUUID());
  const messages = Array.from({ length: total }, (_, n) => messageId(id, n));
  const records = messages.map((message) => ({
    ...smsKeys.message(tenant, message),
    ...{ id: message, tenant, state: 'sent', by: 'delivery', claimedAt: 0, updatedAt: '' },
  }));
  for (let from = 0; from < total; from += 25)
    await table.store.putMany(table.name, records.slice(from, from + 25));
  return { id, tenant, total, messages };
}

/** A store that sends again what a conflict refused, as the workers' does. */
const workers = (store: Store) => retrying(store, systemDeps, () => Date.now() + 20_000);

const note = (store: Store, message: string, receipt: Receipt) =>
  noteReceipts(workers(store), [{ tenant, message, receipt }], Date.now());

const statesOf = async (messages: string[]): Promise<MessageState[]> => [
  ...(await messageStates(table.store, table.name, tenant, messages)).values(),
];

const delivered: Receipt = { state: 'delivered' };
const failed: Receipt = { state: 'failed', code: 'UNDELIVERED' };

test('each message counts once, by its first final receipt, whatever comes twice, out of order or at once', async () => {
  const random = seeded(71);
  const batch = await sentBatch(100);
  const receipts = batch.messages.flatMap((message) => {
    const others = Array.from({ length: 4 }, () => (random() < 0.5 ? delivered : failed));
    return [{ state: 'sent' } as const, ...others].map((receipt) => ({ message, receipt, at: random() }));
  });
  receipts.sort((one, other) => one.at - other.at);
  // Conflicts refuse a tenth of the requests, and the answers of a fifth are lost: then the queue delivers again.
  const faults = life(random, { ...peaceful, refused: 0.1, lost: 0.2 });
  const worker = async () => {
    for (let next = receipts.pop(); next; next = receipts.pop()) {
      try {
        await note(storeOf(table.store, faults), next.message, next.receipt);
      } catch (error) {
        if (!(error instanceof AnswerLost || error instanceof Busy)) throw error;
        receipts.push(next);
      }
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));

  const states = await statesOf(batch.messages);
  const count = (state: MessageState) => states.filter((one) => one === state).length;
  expect(count('delivered') + count('failed')).toBe(100);
  expect(await readReceiptCounts(workers(table.store), batch)).toEqual({
    delivered: count('delivered'),
    failed: count('failed'),
  });
});

test('what an earlier version counted stays counted, and counts once', async () => {
  const batch = await sentBatch(20);
  const at = smsKeys.receiptCounters(tenant, batch.id, 20);
  expect(at).toHaveLength(8);
  for (const [n, key] of at.entries())
    await table.store.put({ TableName: table.name, Item: { ...key, ...(n < 7 ? { delivered: 1 } : {}) } });
  for (const message of batch.messages.slice(0, 7))
    await table.store.update({
      TableName: table.name,
      Key: smsKeys.message(tenant, message),
      UpdateExpression: 'SET #state = :delivered',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':delivered': 'delivered' },
    });
  for (const message of batch.messages.slice(0, 17)) await note(table.store, message, delivered);
  for (const message of batch.messages.slice(17)) await note(table.store, message, failed);
  expect(await readReceiptCounts(workers(table.store), batch)).toEqual({ delivered: 17, failed: 3 });
});

/** The updates that a store has made, by partition. */
function observed() {
  const updates = new Map<string, number>();
  const store: Store = {
    ...table.store,
    update: (update) => {
      const partition = String(update.Key?.pk);
      updates.set(partition, (updates.get(partition) ?? 0) + 1);
      return table.store.update(update);
    },
  };
  return { store, updates };
}

test('receipts of texts that the carrier took cost one write each, on eight partitions of their batch', async () => {
  const batch = await sentBatch(800);
  const { store, updates } = observed();
  for (const message of batch.messages.filter((_, n) => n % 10 === 0)) await note(store, message, delivered);
  expect([...updates.values()]).toEqual(new Array(8).fill(10));
});

test('receipts that come together are one write for each pack of 50 messages', async () => {
  const batch = await sentBatch(100);
  const { store, updates } = observed();
  const receipts = batch.messages.map((message) => ({ tenant, message, receipt: delivered }));
  await noteReceipts(workers(store), [...receipts, ...receipts], Date.now());
  expect([...updates.values()]).toEqual([1, 1]);
  expect(await readReceiptCounts(workers(table.store), batch)).toEqual({ delivered: 100, failed: 0 });
});

test('all receipts of a pack fit in the kilobyte of one write unit', async () => {
  const batch = await sentBatch(50);
  const { store } = observed();
  const receipts = batch.messages.map((message, n) => ({
    ...{ tenant, message, receipt: n % 4 === 0 ? failed : delivered },
  }));
  await noteReceipts(workers(store), receipts, Date.now());
  const pack = await table.store.get(table.name, smsKeys.receiptPack(tenant, batch.id, 0));
  const bytes = Object.entries(pack ?? {}).reduce(
    (sum, [name, value]) => sum + name.length + String(value).length,
    0,
  );
  expect(bytes).toBeLessThan(1_024);
});

test('a receipt ends the wait for an answer of the provider, and one that says sent is not final', async () => {
  const batch = await sentBatch(3);
  const [first = '', second = '', third = ''] = batch.messages;
  for (const message of [first, second])
    await table.store.update({
      TableName: table.name,
      Key: smsKeys.message(tenant, message),
      UpdateExpression: 'SET #state = :unknown',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':unknown': 'unknown' },
    });
  await note(table.store, first, { state: 'sent' });
  await note(table.store, second, failed);
  await note(table.store, third, { state: 'sent' });
  const records = await Promise.all(
    batch.messages.map((message) => table.store.get(table.name, smsKeys.message(tenant, message))),
  );
  expect(records.map((record) => [record?.state, record?.code])).toEqual([
    ['sent', undefined],
    ['failed', 'UNDELIVERED'],
    ['sent', undefined],
  ]);
  expect(await readReceiptCounts(workers(table.store), batch)).toEqual({ delivered: 0, failed: 1 });
});

test('a receipt for a message that nobody sent leaves nothing', async () => {
  const { store, updates } = observed();
  await note(store, messageId(batchIdFrom(randomUUID()), 3), delivered);
  await note(store, 'no id', delivered);
  expect([...updates]).toEqual([]);
});

test.each([
  [0, 0],
  [3, 1],
  [100, 2],
  [50_000, 8],
])('the receipts of %i messages are read by %i queries, and nothing else', async (total, queries) => {
  const asked: string[] = [];
  const store: Store = {
    ...table.store,
    query: (query) => {
      asked.push('query');
      return table.store.query(query);
    },
    getMany: (...given) => {
      asked.push('get');
      return table.store.getMany(...given);
    },
  };
  const batch = { tenant, id: batchIdFrom(randomUUID()), total, receiptsIn: 'packs' as const };
  expect(await readReceiptCounts(workers(store), batch)).toEqual({ delivered: 0, failed: 0 });
  expect(asked).toEqual(new Array(queries).fill('query'));
});
