import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { acceptedOf, batchWhen, messageWhen, newPhones, newSender, setFaults, textsOf } from './sms.ts';

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

test('keeps messages until their time, to the second, and sends them once', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const contacts = newPhones(3).map((phone) => ({ phone }));
  const schedule_at = inSeconds(4);
  const accepted = acceptedOf(
    await person.api.messaging.bulkSend({ body: { contacts, message: 'Later', sender_id, schedule_at } }),
  );
  expect(await batchWhen(person, accepted.batchId, () => true)).toMatchObject({
    status: 'scheduled',
    schedule_at,
    queued: 3,
  });
  expect(await messageWhen(person, accepted.ids[0] ?? '', 'queued')).toMatchObject({ schedule_at });
  expect(await textsOf(person, sender_id)).toEqual([]);
  const message = await messageWhen(person, accepted.ids[2] ?? '', 'delivered');
  expect(Date.parse(message.sent_at ?? '')).toBeGreaterThanOrEqual(Date.parse(schedule_at));
  await batchWhen(person, accepted.batchId);
  expect(await textsOf(person, sender_id)).toHaveLength(3);
});

test('takes times in any zone, and sends at once what is past', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const contacts = newPhones(1).map((phone) => ({ phone }));
  const past = acceptedOf(
    await person.api.messaging.bulkSend({
      body: { contacts, message: 'Now', sender_id, schedule_at: '2025-01-01T10:00:00+03:00' },
    }),
  );
  await messageWhen(person, past.ids[0] ?? '', 'delivered');
  const far = acceptedOf(
    await person.api.messaging.bulkSend({
      body: { contacts, message: 'Later', sender_id, schedule_at: '2027-03-28T02:30:00+03:00' },
    }),
  );
  expect(await batchWhen(person, far.batchId, () => true)).toMatchObject({
    schedule_at: '2027-03-27T23:30:00.000Z',
  });
  await person.api.messaging.cancelBatch({ params: { id: far.batchId } });
});

test('sends nothing of a batch that is cancelled before its time, and cancels it once', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const contacts = newPhones(30).map((phone) => ({ phone }));
  const accepted = acceptedOf(
    await person.api.messaging.bulkSend({
      body: { contacts, message: 'Never', sender_id, schedule_at: inSeconds(2) },
    }),
  );
  const params = { id: accepted.batchId };
  const result = await person.api.messaging.cancelBatch({ params });
  expect(result.status).toBe(200);
  expect(result.body).toMatchObject({ success: true, status: 'canceled', canceled: 30, queued: 0, sent: 0 });
  const again = await person.api.messaging.cancelBatch({ params });
  expect(again.status).toBe(409);
  expect(again.body).toMatchObject({
    success: false,
    error_code: 'CONFLICT',
    details: { status: 'canceled' },
  });
  await new Promise((done) => setTimeout(done, 3_000));
  expect(await textsOf(person, sender_id)).toEqual([]);
  expect(await messageWhen(person, accepted.ids[0] ?? '', 'canceled')).toMatchObject({ status: 'canceled' });
});

test('cancels what is not sent yet of a batch that is being sent', async () => {
  const person = await somebody();
  const sender_id = newSender();
  await setFaults(person, sender_id, 'busy');
  const contacts = newPhones(100).map((phone) => ({ phone }));
  const accepted = acceptedOf(
    await person.api.messaging.bulkSend({ body: { contacts, message: 'Hi', sender_id } }),
  );
  const result = await person.api.messaging.cancelBatch({ params: { id: accepted.batchId } });
  expect(result.body).toMatchObject({ status: 'canceled' });
  await setFaults(person, sender_id, 'calm');
  const batch = await batchWhen(person, accepted.batchId, ({ queued }) => queued === 0);
  expect(batch.canceled).toBeGreaterThanOrEqual(75);
  expect(batch.sent + batch.canceled).toBe(100);
  expect(await textsOf(person, sender_id)).toHaveLength(batch.sent);
});

test('lets no viewer and no stranger cancel', async () => {
  const viewer = await somebody({ role: 'viewer' });
  const id = '00000000-0000-4000-8000-000000000000';
  expect((await viewer.api.messaging.cancelBatch({ params: { id } })).status).toBe(403);
  const stranger = await fetch(`${viewer.url}/api/messaging/sms/batches/${id}/cancel/`, { method: 'POST' });
  expect(stranger.status).toBe(401);
  expect((await (await somebody()).api.messaging.cancelBatch({ params: { id: 'x' } })).status).toBe(404);
});
