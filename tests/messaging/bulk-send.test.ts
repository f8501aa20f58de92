import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { acceptedOf, batchWhen, messageWhen, newPhones, newSender, setFaults, textsOf } from './sms.ts';

const zeros = { total_contacts: 0, processed_contacts: 0, successful_contacts: 0, results: [] };

test('sends one message to each recipient, and tells of each where it stands', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [one = '', two = ''] = newPhones(2);
  const result = await person.api.messaging.bulkSend({
    body: { contacts: [{ phone: one, name: 'John' }, { phone: two }], message: 'Hello!', sender_id },
  });
  expect(result.status).toBe(200);
  const accepted = acceptedOf(result);
  expect(result.body).toEqual({
    success: true,
    total_contacts: 2,
    processed_contacts: 2,
    successful_contacts: 2,
    results: [
      { phone: one, success: true, message_id: accepted.ids[0] },
      { phone: two, success: true, message_id: accepted.ids[1] },
    ],
    batch_id: accepted.batchId,
  });
  expect(result.headers.get('location')).toBe(`/api/messaging/sms/batches/${accepted.batchId}/`);
  for (const [place, id] of accepted.ids.entries()) {
    expect(await messageWhen(person, id, 'delivered')).toMatchObject({
      phone: [one, two][place],
      message: 'Hello!',
      sender_id,
      encoding: 'GSM-7',
      segments: 1,
      batch_id: accepted.batchId,
      sent_at: expect.any(String),
    });
  }
  const counted = await batchWhen(person, accepted.batchId, ({ delivered }) => delivered === 2);
  expect(counted).toMatchObject({ status: 'completed', total: 2, sent: 2, queued: 0, failed: 0 });
  const texts = await textsOf(person, sender_id);
  expect(texts.toSorted((a, b) => a.to.localeCompare(b.to))).toEqual(
    [one, two].toSorted().map((to) => ({ to, text: 'Hello!' })),
  );
});

test('answers each message id at once, before it is sent', async () => {
  const person = await somebody();
  const contacts = newPhones(300).map((phone) => ({ phone }));
  const sender_id = newSender();
  await setFaults(person, sender_id, 'busy');
  const accepted = acceptedOf(
    await person.api.messaging.bulkSend({ body: { contacts, message: 'Hi', sender_id } }),
  );
  const last = await person.api.messaging.getMessage({ params: { messageId: accepted.ids[299] ?? '' } });
  expect(last.body).toMatchObject({ status: 'queued', phone: contacts[299]?.phone });
  await person.api.messaging.cancelBatch({ params: { id: accepted.batchId } });
});

test('gives a recipient who is named several times one message', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [phone = '', other = ''] = newPhones(2);
  const accepted = acceptedOf(
    await person.api.messaging.bulkSend({
      body: { contacts: [{ phone }, { phone: other }, { phone }], message: 'Once', sender_id },
    }),
  );
  expect(accepted).toMatchObject({ total_contacts: 3, successful_contacts: 3 });
  expect(accepted.ids[0]).toBe(accepted.ids[2]);
  expect(await batchWhen(person, accepted.batchId)).toMatchObject({ total: 2, sent: 2 });
  expect(await textsOf(person, sender_id)).toHaveLength(2);
});

test.each([
  '0712345678',
  '+25571234567',
  '+255 712 345 678',
  '+255712345678;ext=5',
  '+٢٥٥712345678',
  '+255221234567',
  '',
])('sends nothing at all when one phone is %j', async (phone) => {
  const person = await somebody();
  const sender_id = newSender();
  const [good = ''] = newPhones(1);
  const result = await person.api.messaging.bulkSend({
    body: { contacts: [{ phone: good }, { phone }], message: 'Hi', sender_id },
  });
  expect(result.status).toBe(400);
  expect(result.body).toEqual({
    success: false,
    message: 'Invalid phone number format',
    error_code: 'VALIDATION_ERROR',
    details: { field: 'contacts.1.phone', constraint: expect.stringContaining('such as +255712345678') },
    ...zeros,
  });
  expect(await textsOf(person, sender_id)).toEqual([]);
});

test('takes contacts as callers have them: what the text does not use may be anything', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [one = '', two = '', three = ''] = newPhones(3);
  const unused = {
    ...{ email: null, tags: [], attributes: { city: { name: 'Dodoma' } }, id: 17, visits: 2 ** 60 },
    ...{ note: 'x'.repeat(5_000), odd: 'NUL \u0000', is_active: true, '': '', name: null, '{{x}}': '{{y}}' },
  };
  const contacts = [
    { ...unused, phone: one, code: 'A1' },
    { ...unused, phone: two, code: 7 },
    {
      ...Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`column ${n}`, n])),
      phone: three,
      code: 1.5,
    },
  ];
  const accepted = acceptedOf(
    await person.api.messaging.bulkSend({ body: { contacts, message: 'Code {{code}}', sender_id } }),
  );
  await batchWhen(person, accepted.batchId);
  const texts = await textsOf(person, sender_id);
  expect(new Map(texts.map(({ to, text }) => [to, text]))).toEqual(
    new Map([
      [one, 'Code A1'],
      [two, 'Code 7'],
      [three, 'Code 1.5'],
    ]),
  );
});

test.each([
  ['a list', []],
  ['an object', {}],
  ['nothing', null],
  ['a number that JSON rounded', 2 ** 53],
])('refuses %s as the value of a variable that the text uses', async (_, code) => {
  const { api } = await somebody();
  const contacts = newPhones(1).map((phone) => ({ phone, code }));
  const result = await api.messaging.bulkSend({
    body: { contacts, message: '{{code}}', sender_id: 'MIFUMO' },
  });
  expect(result.status).toBe(400);
  expect(result.body).toMatchObject({ details: { field: 'contacts.0', missing: ['code'] }, ...zeros });
});

test('guesses nothing where a recipient has two values for a variable', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [phone = ''] = newPhones(1);
  const order = (contact: object, message: string) =>
    person.api.messaging.bulkSend({ body: { contacts: [{ phone, ...contact }], message, sender_id } });
  const refused = await order({ 'First name': 'Ann', first_name: 'Bob' }, 'Hi {{First name}}');
  expect([refused.status, JSON.stringify(refused.body)]).toEqual([
    400,
    expect.stringContaining('Two values are named first_name'),
  ]);
  expect((await order({ 'First name': 'Ann', first_name: 'Bob' }, 'Hi')).status).toBe(200);
  expect((await order({ 'First name': 'Ann', first_name: 'Ann' }, 'Hi {{first_name}}')).status).toBe(200);
});

test('refuses a text that gets a control character by a variable', async () => {
  const { api } = await somebody();
  const contacts = newPhones(1).map((phone) => ({ phone, name: 'a\u0000b' }));
  const result = await api.messaging.bulkSend({
    body: { contacts, message: '{{name}}', sender_id: 'MIFUMO' },
  });
  expect(result.status).toBe(400);
  expect(result.body).toMatchObject({ message: 'Control characters are not allowed', ...zeros });
});

const [someone = ''] = newPhones(1);
const valid = { contacts: [{ phone: someone }], message: 'Hi', sender_id: 'MIFUMO' };
const SENDER = 'must be 1 to 11 letters, digits and spaces';
const SCHEDULE = 'must be a time with its zone';

test.each([
  ['no contacts', { contacts: [] }, 'must be a non-empty array'],
  ['contacts missing', { contacts: undefined }, 'must be a non-empty array'],
  ['no message', { message: undefined }, 'message is required'],
  ['an empty message', { message: ' ' }, 'message: Too small'],
  ['a message too long', { message: 'x'.repeat(1_601) }, 'message: Too big'],
  ['NUL', { message: 'NUL \u0000' }, 'Control characters are not allowed'],
  ['half an emoji', { message: 'lone \ud800' }, 'Control characters are not allowed'],
  ['no sender', { sender_id: undefined }, SENDER],
  ['a sender too long', { sender_id: 'TWELVE CHARS' }, SENDER],
  ['a sender that carriers cannot write', { sender_id: 'Évian' }, SENDER],
  ['a variable without value', { message: 'Hi {{first_name}}' }, 'Missing template variable: first_name'],
  ['a tenant', { tenant_id: 'other' }, 'Unknown field: tenant_id'],
  ['a time without zone', { schedule_at: '2025-01-01T10:00:00' }, SCHEDULE],
  ['30 February', { schedule_at: '2025-02-30T10:00:00Z' }, SCHEDULE],
  ['the year 9999', { schedule_at: '9999-01-01T10:00:00Z' }, SCHEDULE],
])('refuses a request with %s', async (_, wrong, message) => {
  const { api } = await somebody();
  const result = await api.messaging.bulkSend({ body: { ...valid, ...wrong } as typeof valid });
  expect(result.status).toBe(400);
  expect(result.body).toMatchObject({ success: false, error_code: 'VALIDATION_ERROR', ...zeros });
  expect((result.body as { message: string }).message).toContain(message);
});

test('takes 10,000 recipients, and refuses one more', async () => {
  const { api } = await somebody();
  const contacts = newPhones(10_001).map((phone) => ({ phone }));
  const body = { contacts, message: 'Hi', sender_id: newSender() };
  const refused = await api.messaging.bulkSend({ body });
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({ message: 'Maximum 10,000 recipients per request', ...zeros });
  const schedule_at = new Date(Date.now() + 86_400_000).toISOString();
  const accepted = acceptedOf(
    await api.messaging.bulkSend({ body: { ...body, contacts: contacts.slice(1), schedule_at } }),
  );
  expect(accepted.successful_contacts).toBe(10_000);
  expect(new Set(accepted.ids).size).toBe(10_000);
  const canceled = await api.messaging.cancelBatch({ params: { id: accepted.batchId } });
  expect(canceled.body).toMatchObject({ canceled: 10_000, queued: 0 });
});

test('takes five calls a minute from each user, and refuses the sixth without sending', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const call = () => person.api.messaging.bulkSend({ body: { ...valid, sender_id } });
  for (let n = 0; n < 5; n++) expect((await call()).status).toBe(200);
  const sixth = await call();
  expect(sixth.status).toBe(429);
  expect(sixth.body).toMatchObject({ success: false, error_code: 'RATE_LIMIT_EXCEEDED' });
  expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await textsOf(person, sender_id)).length).toBeLessThan(6);
});

test('sends for nobody without a token, and for no viewer', async () => {
  const person = await somebody({ role: 'viewer' });
  const refused = await person.api.messaging.bulkSend({ body: valid });
  expect(refused.status).toBe(403);
  expect(refused.body).toMatchObject({ success: false, error_code: 'FORBIDDEN' });
  const stranger = await fetch(`${person.url}/api/messaging/sms/bulk-send/`, { method: 'POST', body: '{' });
  expect(stranger.status).toBe(401);
  expect(await stranger.json()).toMatchObject({ success: false, error_code: 'UNAUTHORIZED' });
});

test('sends once for an idempotency key, and answers the same again', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const call = () => person.api.messaging.bulkSend({ body: { ...valid, sender_id }, idempotencyKey: 'once' });
  const first = await call();
  const again = await call();
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  await batchWhen(person, acceptedOf(first).batchId);
  expect(await textsOf(person, sender_id)).toHaveLength(1);
});

test('hides messages and batches from other tenants as if there were none', async () => {
  const person = await somebody();
  const body = { ...valid, sender_id: newSender() };
  const accepted = acceptedOf(await person.api.messaging.bulkSend({ body }));
  const other = await somebody();
  const asked = async (messageId: string, id: string) => [
    await other.api.messaging.getMessage({ params: { messageId } }),
    await other.api.messaging.getBatch({ params: { id } }),
    await other.api.messaging.cancelBatch({ params: { id } }),
  ];
  const unknown = '00000000-0000-4000-8000-000000000001';
  const missing = await asked(unknown, unknown);
  for (const [place, { status, body }] of (await asked(accepted.ids[0] ?? '', accepted.batchId)).entries()) {
    expect(status).toBe(404);
    expect(body).toEqual(missing[place]?.body);
  }
  for (const messageId of ['x', '../..', '#', accepted.batchId])
    expect((await person.api.messaging.getMessage({ params: { messageId } })).status).toBe(404);
});
