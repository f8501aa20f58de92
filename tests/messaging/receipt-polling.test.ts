import { randomUUID } from 'node:crypto';
import { afterAll, expect, test, vi } from 'vitest';
import { systemDeps } from '../../core/deps.ts';
import { retrying } from '../../core/dynamo/retry.ts';
import { smsKeys } from '../../functions/messaging/sms/batch.ts';
import { batchIdFrom, messageId, placeOfMessage } from '../../functions/messaging/sms/messages/id.ts';
import type { AcceptedRecord } from '../../functions/messaging/sms/messages/record.ts';
import type { Receipt, SmsProvider } from '../../functions/messaging/sms/providers/provider.ts';
import { receiptIn } from '../../functions/messaging/sms/receipts/pack.ts';
import { pollReceipts, scheduleReceiptPoll } from '../../functions/messaging/sms/receipts/poll.ts';
import { startTable } from '../core/batch/table.ts';
import { messageStates } from './message-states.ts';

const table = await startTable();
const store = retrying(table.store, systemDeps, () => Date.now() + 45_000);
vi.stubEnv('MESSAGING_TABLE', table.name);
afterAll(() => table.stop());

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const began = Date.parse('2026-01-01T00:00:00Z');

/** A message that a carrier took when the tests began, and whose receipt is to be asked for. */
async function sentMessage(tenant: string): Promise<string> {
  const id = messageId(batchIdFrom(randomUUID()), 0);
  const record: AcceptedRecord = {
    ...smsKeys.message(tenant, id),
    ...{ id, tenant, state: 'sent', by: 'delivery', claimedAt: began, updatedAt: '', providerId: id },
  };
  await store.put({ TableName: table.name, Item: { ...record } });
  await scheduleReceiptPoll(store, record, '+255712345678');
  return id;
}

/** A run with polls that failed fails in the end, which the worker's alarm reports. */
function unlessIncomplete(error: Error): void {
  if (error.name !== 'SweepIncomplete') throw error;
}

/** Asks a carrier as the worker does, at every minute of a time, and returns at which minutes this message was asked for. */
async function askedAt(id: string, minutes: number, answer: (minute: number) => Receipt | undefined) {
  const asked: number[] = [];
  for (let minute = 0; minute <= minutes; minute += 5) {
    const now = () => began + minute * MINUTE;
    const provider: SmsProvider = {
      send: () => Promise.reject(new Error('nothing is to be sent')),
      async fetchReceipt(providerId) {
        if (providerId === id) asked.push(minute);
        return answer(minute);
      },
    };
    await pollReceipts(store, provider, now, now() + MINUTE).catch(unlessIncomplete);
  }
  return asked;
}

const stateOf = async (tenant: string, id: string) =>
  (await messageStates(store, table.name, tenant, [id])).get(id);

test('a receipt is asked for after five minutes, then ever less often, until the carrier has one', async () => {
  const id = await sentMessage('patient');
  const asked = await askedAt(id, 200, (minute) => (minute > 60 ? { state: 'delivered' } : undefined));
  expect(asked).toEqual([10, 25, 50, 95]);
  expect(await stateOf('patient', id)).toBe('delivered');
});

test('a message that the carrier lost is failed with its reason', async () => {
  const id = await sentMessage('lost');
  await askedAt(id, 10, () => ({ state: 'failed', code: 'UNDELIVERED' }));
  const { batchId, n } = placeOfMessage(id) ?? { batchId: '', n: 0 };
  const pack = await store.get(table.name, smsKeys.receiptPack('lost', batchId, n));
  expect(receiptIn(pack, n)).toMatchObject({ state: 'failed', code: 'UNDELIVERED' });
});

test.each([
  ['has no answer', () => undefined],
  [
    'fails',
    () => {
      throw new Error('down');
    },
  ],
])('a carrier that %s is asked for three days, and not for ever', async (what, answer) => {
  const id = await sentMessage(what);
  const asked = await askedAt(id, (5 * DAY) / MINUTE, answer);
  expect(asked.length).toBeGreaterThan(10);
  expect(Math.max(...asked) * MINUTE).toBeGreaterThan(2 * DAY);
  expect(Math.max(...asked) * MINUTE).toBeLessThan(4 * DAY);
  expect(await stateOf(what, id)).toBe('sent');
});

test('a question that cannot be answered keeps none of the others back, and the run fails', async () => {
  const bad = await sentMessage('bad');
  const good = await sentMessage('good');
  const now = () => began + 10 * MINUTE;
  const provider: SmsProvider = {
    send: () => Promise.reject(new Error('nothing is to be sent')),
    fetchReceipt: async (id) => {
      if (id === bad) throw new Error('down');
      return { state: 'delivered' };
    },
  };
  await expect(pollReceipts(store, provider, now, now() + MINUTE)).rejects.toThrow('1 parts of the sweep');
  expect(await stateOf('good', good)).toBe('delivered');
  expect(await stateOf('bad', bad)).toBe('sent');
});
