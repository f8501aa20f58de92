import { describe, expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { acceptedOf, batchWhen, newPhones, newSender, textsOf } from './sms.ts';

async function templateOf({ api }: Awaited<ReturnType<typeof somebody>>, body: string): Promise<string> {
  const result = await api.messaging.createTemplate({ body: { name: 'Greeting', body } });
  if (!result.ok) throw new Error(JSON.stringify(result.body));
  return result.body.id;
}

test('stores a template with its variables, and lists it to its tenant alone', async () => {
  const person = await somebody();
  const result = await person.api.messaging.createTemplate({
    body: { name: 'Greeting', body: 'Hi {{name}}, your code is {{code}}' },
  });
  expect(result.status).toBe(201);
  expect(result.body).toEqual({
    success: true,
    id: expect.any(String),
    name: 'Greeting',
    body: 'Hi {{name}}, your code is {{code}}',
    variables: ['name', 'code'],
    created_at: expect.any(String),
  });
  const viewer = await somebody({ tenantId: person.tenantId, role: 'viewer' });
  const list = await viewer.api.messaging.listTemplates();
  expect(list.body).toMatchObject({ success: true, total: 1, templates: [{ name: 'Greeting' }] });
  expect((await (await somebody()).api.messaging.listTemplates()).body).toMatchObject({ total: 0 });
});

test('sends each recipient the template with their own values', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [one = '', two = ''] = newPhones(2);
  const template_id = await templateOf(person, 'Dear {{name}}: {{message}} ({{code}})');
  const accepted = acceptedOf(
    await person.api.messaging.bulkSend({
      body: {
        contacts: [
          { phone: one, name: 'John Doe', code: 'A1' },
          { phone: two, name: 'Jane {phone}', code: 2 },
        ],
        message: 'Welcome',
        sender_id,
        template_id,
      },
    }),
  );
  await batchWhen(person, accepted.batchId);
  const texts = await textsOf(person, sender_id);
  expect(new Map(texts.map(({ to, text }) => [to, text]))).toEqual(
    new Map([
      [one, 'Dear John Doe: Welcome (A1)'],
      [two, 'Dear Jane {phone}: Welcome (2)'],
    ]),
  );
});

test('sends nothing at all when one recipient has no value for a variable, and names both', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [one = '', two = ''] = newPhones(2);
  const template_id = await templateOf(person, 'Dear {{name}}');
  const result = await person.api.messaging.bulkSend({
    body: { contacts: [{ phone: one, name: 'John' }, { phone: two }], sender_id, template_id },
  });
  expect(result.status).toBe(400);
  expect(result.body).toEqual({
    success: false,
    message: 'Missing template variable: name',
    error_code: 'VALIDATION_ERROR',
    details: { field: 'contacts.1', constraint: 'Missing template variable: name', missing: ['name'] },
    ...{ total_contacts: 0, processed_contacts: 0, successful_contacts: 0, results: [] },
  });
  expect(await textsOf(person, sender_id)).toEqual([]);
});

describe('a text with braces that are no variable', () => {
  const faulty = ['Hi {{name!}}', 'Hi {{name', 'Hi {{}}', 'Hi {{#if}}', 'Hi {{{name}}}', 'Hi name}}'];

  test.each(faulty)('%s is not stored', async (body) => {
    const { api } = await somebody();
    const result = await api.messaging.createTemplate({ body: { name: 'Greeting', body } });
    expect(result.status).toBe(400);
    expect(result.body).toMatchObject({
      message: expect.stringMatching(/^The braces at character \d+ are no variable/),
      details: { field: 'body' },
    });
    expect((await api.messaging.listTemplates()).body).toMatchObject({ total: 0 });
  });

  test.each(faulty)('%s is not sent', async (message) => {
    const person = await somebody();
    const sender_id = newSender();
    const contacts = newPhones(2).map((phone) => ({ phone, name: 'Ann' }));
    const result = await person.api.messaging.bulkSend({ body: { contacts, message, sender_id } });
    expect(result.status).toBe(400);
    expect(result.body).toMatchObject({ details: { field: 'message' }, total_contacts: 0, results: [] });
    expect(await textsOf(person, sender_id)).toEqual([]);
  });

  test('is not sent either if the braces come with a value', async () => {
    const person = await somebody();
    const sender_id = newSender();
    const [one = '', two = ''] = newPhones(2);
    const contacts = [
      { phone: one, name: 'Ann' },
      { phone: two, name: '{{first_name}}' },
    ];
    const result = await person.api.messaging.bulkSend({
      body: { contacts, message: 'Hi {{name}}', sender_id },
    });
    expect(result.status).toBe(400);
    expect(result.body).toMatchObject({ details: { field: 'contacts.1' } });
    expect(await textsOf(person, sender_id)).toEqual([]);
  });
});

test('answers a template of another tenant as one that does not exist', async () => {
  const template_id = await templateOf(await somebody(), 'Hi');
  const { api } = await somebody();
  const contacts = newPhones(1).map((phone) => ({ phone }));
  const send = (id: string) =>
    api.messaging.bulkSend({ body: { contacts, sender_id: 'MIFUMO', template_id: id } });
  const foreign = await send(template_id);
  expect(foreign.status).toBe(404);
  expect(foreign.body).toMatchObject({
    success: false,
    message: 'Template not found',
    error_code: 'NOT_FOUND',
  });
  expect((await send('00000000-0000-7000-8000-000000000000')).body).toEqual(foreign.body);
  expect((await send('../#')).body).toEqual(foreign.body);
});

test.each([
  [{ name: '', body: 'Hi' }, 400],
  [{ name: 'Greeting' }, 400],
  [{ name: 'Greeting', body: 'x'.repeat(1_601) }, 400],
  [{ name: 'Greeting', body: 'NUL \u0000' }, 400],
  [{ name: 'Greeting', body: 'Hi', tenant_id: 't' }, 400],
])('stores no template %#', async (body, status) => {
  const { api } = await somebody();
  const result = await api.messaging.createTemplate({ body: body as { name: string; body: string } });
  expect(result.status).toBe(status);
  expect(result.body).toMatchObject({ success: false, error_code: 'VALIDATION_ERROR' });
  expect((await api.messaging.listTemplates()).body).toMatchObject({ total: 0 });
});

test('stores templates for no viewer, no stranger, and ten a minute', async () => {
  const body = { name: 'Greeting', body: 'Hi' };
  const viewer = await somebody({ role: 'viewer' });
  expect((await viewer.api.messaging.createTemplate({ body })).status).toBe(403);
  expect((await fetch(`${viewer.url}/api/messaging/templates/`)).status).toBe(401);
  const { api } = await somebody();
  for (let n = 0; n < 10; n++) expect((await api.messaging.createTemplate({ body })).status).toBe(201);
  expect((await api.messaging.createTemplate({ body })).status).toBe(429);
  expect((await api.messaging.listTemplates()).body).toMatchObject({ total: 10 });
});
