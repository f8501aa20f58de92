import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { acceptedOf, batchWhen, messageWhen, newPhones, newSender, setFaults, textsOf } from './sms.ts';

async function sendTo(count: number, profile: string) {
  const person = await somebody();
  const sender_id = newSender();
  await setFaults(person, sender_id, profile);
  const contacts = newPhones(count).map((phone) => ({ phone }));
  const result = await person.api.messaging.bulkSend({ body: { contacts, message: 'Hi', sender_id } });
  return { person, sender_id, contacts, accepted: acceptedOf(result) };
}

test('stays with “sent” while there is no receipt', async () => {
  const { person, accepted } = await sendTo(1, 'silent');
  await batchWhen(person, accepted.batchId);
  expect(await messageWhen(person, accepted.ids[0] ?? '', 'sent')).not.toHaveProperty('error');
});

test('tells of a message that the carrier could not deliver', async () => {
  const { person, accepted } = await sendTo(1, 'undeliverable');
  expect(await messageWhen(person, accepted.ids[0] ?? '', 'failed')).toMatchObject({
    error: 'Refused by the provider or carrier: UNREACHABLE',
  });
  expect(await batchWhen(person, accepted.batchId, ({ undelivered }) => undelivered === 1)).toMatchObject({
    sent: 1,
  });
});

test.each([
  ['refusing', 'Recipient opted out'],
  ['out of money', 'The spending limit for messages is reached'],
])('reports why the provider refused a message: %s', async (profile, error) => {
  const { person, sender_id, accepted } = await sendTo(2, profile);
  expect(await batchWhen(person, accepted.batchId)).toMatchObject({ status: 'failed', failed: 2, sent: 0 });
  expect(await messageWhen(person, accepted.ids[1] ?? '', 'failed')).toMatchObject({ error });
  expect(await textsOf(person, sender_id)).toEqual([]);
});

// What is refused too often in a row waits for the sweep of the next minute, hence the time.
test('keeps messages that the provider does not take now, and sends them once when it does', async () => {
  const { person, sender_id, accepted } = await sendTo(20, 'busy at times');
  expect(await batchWhen(person, accepted.batchId)).toMatchObject({ status: 'completed', sent: 20 });
  const texts = await textsOf(person, sender_id);
  expect(new Set(texts.map(({ to }) => to)).size).toBe(20);
  expect(texts).toHaveLength(20);
}, 240_000);

test('settles a message whose answer was lost by its receipt, and never sends it again', async () => {
  const { person, sender_id, accepted } = await sendTo(3, 'lost');
  for (const id of accepted.ids) await messageWhen(person, id, 'delivered');
  expect(await textsOf(person, sender_id)).toHaveLength(3);
});

test('calls a message unknown when neither answer nor receipt came', async () => {
  const { person, sender_id, accepted } = await sendTo(1, 'lost without receipt');
  await messageWhen(person, accepted.ids[0] ?? '', 'unknown');
  expect(await batchWhen(person, accepted.batchId, () => true)).toMatchObject({
    queued: 1,
    sent: 0,
    failed: 0,
  });
  expect(await textsOf(person, sender_id)).toHaveLength(1);
});

test('sends 300 messages at most once through the rough, and tells the truth of each', async () => {
  const { person, sender_id, contacts, accepted } = await sendTo(300, 'rough');
  const ends: Record<string, string[]> = {};
  for (const [place, id] of accepted.ids.entries()) {
    const { status } = await messageWhen(person, id, 'delivered', 'failed', 'unknown');
    ends[status] = [...(ends[status] ?? []), contacts[place]?.phone ?? ''];
  }
  const texts = (await textsOf(person, sender_id)).map(({ to }) => to);
  expect(new Set(texts).size).toBe(texts.length);
  for (const phone of ends.delivered ?? []) expect(texts).toContain(phone);
  for (const phone of ends.failed ?? []) expect(texts).not.toContain(phone);
  expect(texts.length).toBeGreaterThan(200);
}, 60_000);

test('sends nothing to people who opted out, who are told apart in the answer', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [silent = '', other = ''] = newPhones(2);
  await person.api.messaging.optOut({ body: { phone: silent } });
  const body = { contacts: [{ phone: silent }, { phone: other }], message: 'Hi', sender_id };
  const accepted = acceptedOf(await person.api.messaging.bulkSend({ body }));
  expect(accepted.results).toEqual([
    { phone: silent, success: false, error: 'Recipient opted out' },
    { phone: other, success: true, message_id: accepted.ids[1] },
  ]);
  expect(accepted).toMatchObject({ total_contacts: 2, processed_contacts: 2, successful_contacts: 1 });
  await batchWhen(person, accepted.batchId);
  expect((await textsOf(person, sender_id)).map(({ to }) => to)).toEqual([other]);
});

test('sends nothing to people who opt out after a message was accepted and before it is sent', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [phone = ''] = newPhones(1);
  const schedule_at = new Date(Date.now() + 3_000).toISOString();
  const body = { contacts: [{ phone }], message: 'Hi', sender_id, schedule_at };
  const accepted = acceptedOf(await person.api.messaging.bulkSend({ body }));
  await person.api.messaging.optOut({ body: { phone } });
  expect(await messageWhen(person, accepted.ids[0] ?? '', 'failed')).toMatchObject({
    error: 'Recipient opted out',
  });
  expect(await textsOf(person, sender_id)).toEqual([]);
});
