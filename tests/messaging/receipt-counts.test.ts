import { randomUUID } from 'node:crypto';
import { afterAll, expect, test, vi } from 'vitest';
import { systemDeps } from '../../core/deps.ts';
import { AnswerLost, Busy } from '../../core/dynamo/errors.ts';
import { retrying } from '../../core/dynamo/retry.ts';
import type { Action, Store } from '../../core/dynamo/store.ts';
import { smsKeys } from '../../functions/messaging/sms/batch.ts';
import { batchIdFrom, messageId } from '../../functions/messaging/sms/messages/id.ts';
import { asMessage, type MessageState } from '../../functions/messaging/sms/messages/record.ts';
import { readReceiptCounts } from '../../functions/messaging/sms/progress.ts';
import type { Receipt } from '../../functions/messaging/sms/providers/provider.ts';
import { noteReceipt } from '../../functions/messaging/sms/receipts/note.ts';
import { life, peaceful, seeded, storeOf } from '../core/batch/faults.ts';
import { startTable } from '../core/batch/table.ts';

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
  noteReceipt(workers(store), { tenant, message }, receipt, Date.now());

async function statesOf(messages: string[]): Promise<MessageState[]> {
  const keys = messages.map((message) => smsKeys.message(tenant, message));
  return (await table.store.getMany(table.name, keys)).items.map((item) => asMessage(item).state);
}

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

test('what was counted before there were several counters stays counted', async () => {
  const batch = await sentBatch(20);
  const old = { pk: smsKeys.batch(tenant, batch.id).pk, sk: 'RECEIPTS', delivered: 7 };
  await table.store.put({ TableName: table.name, Item: old });
  for (const message of batch.messages.slice(7, 17)) await note(table.store, message, delivered);
  for (const message of batch.messages.slice(17)) await note(table.store, message, failed);
  expect(await readReceiptCounts(workers(table.store), batch)).toEqual({ delivered: 17, failed: 3 });
});

test('no item but a message of its own takes more than an eighth of the receipts of a batch', async () => {
  const batch = await sentBatch(90);
  const writes = new Map<string, number>();
  const written = ({ Update }: Action) => {
    const partition = String(Update?.Key?.pk);
    writes.set(partition, (writes.get(partition) ?? 0) + 1);
  };
  const observed: Store = {
    ...table.store,
    transact: (actions, token) => {
      actions.forEach(written);
      return table.store.transact(actions, token);
    },
  };
  for (const message of batch.messages) await note(observed, message, delivered);
  for (const message of batch.messages) expect(writes.get(smsKeys.message(tenant, message).pk)).toBe(1);
  expect(Math.max(...writes.values())).toBe(Math.ceil(90 / 8));
  expect(writes.size).toBe(90 + 8);
});

test.each([
  [0, 0],
  [3, 3],
  [8, 8],
  [50_000, 8],
])('the receipts of %i messages are read from %i items, in one request at most', async (total, items) => {
  const asked: number[] = [];
  const observed: Store = {
    ...table.store,
    getMany: (name, keys, attributes) => {
      asked.push(keys.length);
      return table.store.getMany(name, keys, attributes);
    },
  };
  const batch = { tenant, id: batchIdFrom(randomUUID()), total };
  expect(await readReceiptCounts(workers(observed), batch)).toEqual({ delivered: 0, failed: 0 });
  expect(asked).toEqual(items === 0 ? [] : [items]);
});
