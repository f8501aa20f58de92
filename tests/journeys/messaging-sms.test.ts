import { expect, inject, test } from 'vitest';
import { newPhones } from '../messaging/sms.ts';
import { workbook } from '../messaging/workbook.ts';
import { somebody } from '../people.ts';

const url = inject('url');

/** The function of the description, as it stands there, with what a page around it has: its token, and a base for its paths. */
function page(token: string) {
  const source = `
const bulkSendSMS = async (contacts, message, senderId) => {
  const response = await fetch('/api/messaging/sms/bulk-send/', {
    method: 'POST',
    headers: {
      'Authorization': \`Bearer \${token}\`,
      'Content-Type': 'application/json'
    },
    body: JSON.stringify({
      contacts: contacts,
      message: message,
      sender_id: senderId
    })
  });

  return await response.json();
};
return bulkSendSMS;`;
  const fetchHere = (path: string, init: RequestInit) => fetch(url + path, init);
  return new Function('token', 'fetch', source)(token, fetchHere) as (
    contacts: object[],
    message: string,
    senderId: string,
  ) => Promise<unknown>;
}

const contacts = [
  { phone: '+255700000001', name: 'John Doe' },
  { phone: '+255700000002', name: 'Jane Smith' },
];

const answer = {
  success: true,
  total_contacts: 2,
  processed_contacts: 2,
  successful_contacts: 2,
  results: contacts.map(({ phone }) => ({ phone, success: true, message_id: expect.any(String) })),
};

test('a page sends by the function of the description', async () => {
  const { token } = await somebody();
  expect(await page(token)(contacts, 'Hello from Mifumo SMS!', 'MIFUMO')).toMatchObject(answer);
});

test('the request of the description is taken as it stands, with a template of the tenant', async () => {
  const person = await somebody();
  const template = await person.fetch('/api/messaging/templates/', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'Greeting', body: 'Hi {{name}}' }),
  });
  const { id } = (await template.json()) as { id: string };
  const body = {
    contacts,
    message: 'Hello from Mifumo SMS!',
    sender_id: 'MIFUMO',
    template_id: id,
    schedule_at: '2025-01-01T10:00:00Z',
    campaign_id: 'campaign_uuid',
  };
  const response = await person.fetch('/api/messaging/sms/bulk-send/', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  const reply = (await response.json()) as { results: { message_id: string }[] };
  expect(reply).toMatchObject(answer);
  const message = await person.fetch(`/api/messaging/sms/messages/${reply.results[0]?.message_id}/`);
  expect(await message.json()).toMatchObject({ message: 'Hi John Doe', campaign_id: 'campaign_uuid' });
});

test('one invalid phone is answered as in the description', async () => {
  const person = await somebody();
  const reply = await page(person.token)([...contacts, { phone: '0700000003' }], 'Hello', 'MIFUMO');
  expect(reply).toMatchObject({
    success: false,
    message: 'Invalid phone number format',
    total_contacts: 0,
    processed_contacts: 0,
    successful_contacts: 0,
    results: [],
  });
});

test('a workbook is uploaded with the form of the description', async () => {
  const person = await somebody();
  const rows = newPhones(100).map((phone, n) => [n === 3 ? 'no phone' : phone, `Name ${n}`]);
  const template = await person.api.messaging.createTemplate({ body: { name: 'T', body: 'Hi {{name}}' } });
  const form = new FormData();
  form.append(
    'file',
    new Blob([new Uint8Array(workbook([['Phone Number', 'Name'], ...rows]))]),
    'contacts.xlsx',
  );
  form.append('sender_id', 'MIFUMO');
  form.append('template_id', template.ok ? template.body.id : '');
  form.append('campaign_id', 'campaign_uuid');
  const response = await person.fetch('/api/messaging/sms/bulk-upload/', { method: 'POST', body: form });
  expect(await response.json()).toEqual({
    success: true,
    message: 'Bulk SMS upload processed successfully',
    upload_id: expect.any(String),
    total_contacts: 100,
    processed_contacts: 99,
    successful_contacts: 99,
    errors: ['Row 5: Invalid phone number format'],
    // Ours, beside the fields of the description.
    file: expect.objectContaining({ kind: 'xlsx', header_row: 1, rows_read: 100 }),
  });
});
