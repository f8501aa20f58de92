import { utils, write } from '@e965/xlsx';
import { expect, test } from 'vitest';
import { type Person, somebody } from '../people.ts';
import { batchWhen, newPhones, newSender, textsOf } from './sms.ts';
import { type Cells, workbook } from './workbook.ts';

const header = ['Phone Number', 'Name', 'Message', 'Sender ID'];

const send = async (person: Person, bytes: Buffer, fields: Record<string, string>, name = 'sms.xlsx') => {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)]), name);
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  const response = await person.fetch('/api/messaging/sms/bulk-upload/', { method: 'POST', body: form });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
};

interface Answer {
  success: boolean;
  message: string;
  upload_id: string;
  errors: string[];
  error_code?: string;
  details?: unknown;
  file?: object;
  total_contacts: number;
}

const uploadOf = async (person: Person, uploadId: string) =>
  (await person.api.messaging.getUpload({ params: { uploadId } })).body;

test('sends the good rows of a file, and tells of the others by their numbers', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const other = newSender();
  const [a = '', b = '', c = '', silent = ''] = newPhones(4);
  await person.api.messaging.optOut({ body: { phone: silent } });
  const template = await person.api.messaging.createTemplate({
    body: { name: 'T', body: 'Dear {{name}}, {{Amount}} due' },
  });
  const template_id = template.ok ? template.body.id : '';
  const rows: Cells[] = [
    [...header, 'Amount'],
    [a, 'Ann', 'Own text', '', 5],
    [Number(b.slice(1)), 'Ben', '', other, 7],
    ['0712', 'Bad', 'x'],
    [],
    [c, '', ''],
    ['', 'Nobody', 'x'],
    [a, 'Again', 'x'],
    [silent, 'Silent', 'x'],
    [c, 'Cid', 'x', 'THIS IS TOO LONG'],
  ];
  const { status, headers, body } = await send(person, workbook(rows), {
    sender_id,
    template_id,
    campaign_id: 'may',
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    success: true,
    message: 'Bulk SMS upload processed successfully',
    upload_id: expect.any(String),
    total_contacts: 8,
    processed_contacts: 3,
    successful_contacts: 2,
    file: expect.objectContaining({ kind: 'xlsx', header_row: 1, rows_read: 8 }),
    errors: [
      'Row 4: Invalid phone number format',
      'Row 6: Missing template variable: name, amount',
      'Row 7: Missing required field: phone',
      'Row 8: Same phone number as row 2',
      'Row 9: Recipient opted out',
      'Row 10: Invalid sender ID',
    ],
  });
  expect(headers.get('location')).toBe(`/api/messaging/sms/uploads/${body.upload_id}/`);
  expect(await batchWhen(person, body.upload_id)).toMatchObject({ status: 'completed', total: 2, sent: 2 });
  expect(await textsOf(person, sender_id)).toEqual([{ to: a, text: 'Own text' }]);
  expect(await textsOf(person, other)).toEqual([{ to: b, text: 'Dear Ben, 7 due' }]);
  expect(await uploadOf(person, body.upload_id)).toMatchObject({
    ...{ total_contacts: 8, processed_contacts: 3, successful_contacts: 2, errors: body.errors },
    ...{ status: 'completed', sent: 2, campaign_id: 'may', template_id, file: body.file },
  });
});

test('takes CSV too', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [a = ''] = newPhones(1);
  const { status, body } = await send(
    person,
    Buffer.from(`phone;name;message\r\n${a};Ann;"Hi\nAnn"\r\n`),
    { sender_id },
    'a.csv',
  );
  expect({ status, errors: body.errors }).toEqual({ status: 200, errors: [] });
  await batchWhen(person, body.upload_id);
  expect(await textsOf(person, sender_id)).toEqual([{ to: a, text: 'Hi\nAnn' }]);
});

test.each([
  ['no file', undefined, 'Missing required field: file'],
  ['an empty file', Buffer.alloc(0), 'The file is empty'],
  ['an old workbook', Buffer.from('d0cf11e0a1b11ae10000', 'hex'), '.xls'],
  ['a damaged workbook', Buffer.from('PK damaged'), ''],
  ['a header alone', workbook([header]), 'No row of the file can be sent'],
  ['only bad rows', workbook([header, ['0712', '', 'x']]), 'No row of the file can be sent'],
])('sends nothing of %s', async (_, bytes, message) => {
  const person = await somebody();
  const sender_id = newSender();
  const form = new FormData();
  form.append('sender_id', sender_id);
  if (bytes) form.append('file', new Blob([new Uint8Array(bytes)]), 'sms.xlsx');
  const response = await person.fetch('/api/messaging/sms/bulk-upload', { method: 'POST', body: form });
  expect(response.status).toBe(400);
  const body = (await response.json()) as Answer;
  expect(body).toMatchObject({ success: false, error_code: 'VALIDATION_ERROR' });
  expect(body.message).toContain(message);
  expect(await textsOf(person, sender_id)).toEqual([]);
});

test('refuses a file that is larger than what a request can carry', async () => {
  const person = await somebody();
  const { status } = await send(person, Buffer.alloc(5.5 * 1024 * 1024, 'x'), { sender_id: 'MIFUMO' });
  expect(status).toBe(413);
});

test('takes a file by a form first and its name then, once', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [a = '', b = ''] = newPhones(2);
  const made = await person.api.messaging.uploadUrl({});
  if (!made.ok) throw new Error(JSON.stringify(made.body));
  const { upload_id, url, fields } = made.body;
  expect(await uploadOf(person, upload_id)).toMatchObject({ status: 'expected', total: 0 });
  const early = await person.api.messaging.bulkUpload({ body: { upload_id, sender_id } });
  expect(early.status).toBe(404);
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('file', new Blob([new Uint8Array(workbook([header, [a, '', 'One'], [b, '', 'Two']]))]));
  const uploaded = await fetch(url, { method: 'POST', body: form });
  expect(uploaded.status).toBe(204);
  const other = await somebody();
  expect((await other.api.messaging.bulkUpload({ body: { upload_id, sender_id } })).status).toBe(404);
  const result = await person.api.messaging.bulkUpload({ body: { upload_id, sender_id } });
  expect(result.body).toMatchObject({ success: true, upload_id, successful_contacts: 2, errors: [] });
  const again = await person.api.messaging.bulkUpload({ body: { upload_id, sender_id } });
  expect(again.status).toBe(409);
  await batchWhen(person, upload_id);
  expect(await textsOf(person, sender_id)).toHaveLength(2);
});

test('sends an upload as one of several simultaneous calls says, and never a mix of them', async () => {
  const person = await somebody();
  const made = await person.api.messaging.uploadUrl({});
  if (!made.ok) throw new Error(JSON.stringify(made.body));
  const { upload_id, url, fields } = made.body;
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  const rows = newPhones(120).map((phone) => [phone, '', 'Hello']);
  form.append('file', new Blob([new Uint8Array(workbook([header, ...rows]))]));
  expect((await fetch(url, { method: 'POST', body: form })).status).toBe(204);
  const senders = [newSender(), newSender(), newSender()];
  const results = await Promise.all(
    senders.map((sender_id) => person.api.messaging.bulkUpload({ body: { upload_id, sender_id } })),
  );
  expect(results.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  for (const { status, headers } of results)
    if (status === 409) expect(Number(headers.get('retry-after') ?? 1)).toBeGreaterThan(0);
  await batchWhen(person, upload_id);
  const counts = await Promise.all(senders.map(async (sender) => (await textsOf(person, sender)).length));
  expect(counts).toEqual(results.map(({ status }) => (status === 200 ? rows.length : 0)));
});

test('hides uploads from other tenants, and takes none from viewers and strangers', async () => {
  const person = await somebody();
  const made = await person.api.messaging.uploadUrl({});
  const uploadId = made.ok ? made.body.upload_id : '';
  const other = await somebody();
  const foreign = await other.api.messaging.getUpload({ params: { uploadId } });
  const unknown = await other.api.messaging.getUpload({
    params: { uploadId: '00000000-0000-4000-8000-000000000000' },
  });
  expect(foreign.status).toBe(404);
  expect(foreign.body).toEqual(unknown.body);
  const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
  expect((await viewer.api.messaging.uploadUrl({})).status).toBe(403);
  expect((await viewer.api.messaging.bulkUpload({ body: { upload_id: uploadId } })).status).toBe(403);
  expect((await viewer.api.messaging.getUpload({ params: { uploadId } })).status).toBe(200);
  for (const path of ['bulk-upload', 'bulk-upload/url'])
    expect((await fetch(`${person.url}/api/messaging/sms/${path}/`, { method: 'POST' })).status).toBe(401);
});

test('takes five uploads a minute from each user', async () => {
  const { api } = await somebody();
  for (let n = 0; n < 5; n++) expect((await api.messaging.uploadUrl({})).status).toBe(200);
  expect((await api.messaging.uploadUrl({})).status).toBe(429);
});

test('counts exactly in a large file, and keeps what is not sent yet from being sent', async () => {
  const person = await somebody();
  const rows: Cells[] = newPhones(4_000).map((phone, n) => [
    n % 100 === 7 ? '0712' : phone,
    '',
    `Hello ${n}`,
  ]);
  const csv = Buffer.from([header, ...rows].map((cells) => cells.join(',')).join('\n'));
  const { status, body } = await send(person, csv, { sender_id: newSender() }, 'a.csv');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    total_contacts: 4_000,
    processed_contacts: 3_960,
    successful_contacts: 3_960,
  });
  expect(body.errors).toHaveLength(40);
  expect(body.errors[0]).toBe('Row 9: Invalid phone number format');
  const canceled = await person.api.messaging.cancelBatch({ params: { id: body.upload_id } });
  expect(canceled.status).toBe(200);
  const batch = await batchWhen(person, body.upload_id, ({ queued }) => queued === 0);
  expect(batch.sent + batch.canceled).toBe(3_960);
});

test('refuses a file with more than 50,000 rows', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const [phone = ''] = newPhones(1);
  const { status, body } = await send(
    person,
    Buffer.from(`${phone},,x\n`.repeat(50_002)),
    { sender_id },
    'a.csv',
  );
  expect(status).toBe(400);
  expect(body.message).toBe('Maximum 50,000 recipients per file');
  expect(await textsOf(person, sender_id)).toEqual([]);
});

const sent = async (person: Person, file: Buffer) => {
  const sender_id = newSender();
  const { status, body } = await send(person, file, { sender_id });
  if (status === 200) await batchWhen(person, body.upload_id);
  return { status, body, texts: (await textsOf(person, sender_id)).map(({ to, text }) => [to, text]) };
};

test.each([
  ['CSV', (phone: string) => Buffer.from(`${phone},Ann,Hi\n${phone},Bob,Hi\n`)],
  ['a workbook', (phone: string) => workbook([[phone, 'Ann', 'Hi']])],
  ['a workbook of numbers', (phone: string) => workbook([[Number(phone.slice(1)), 'Ann', 'Hi']])],
  ['semicolons', (phone: string) => Buffer.from(`${phone};Ann;Hi\n`)],
])('swallows no row of %s without a header, but says where the header is missing', async (_, fileOf) => {
  const [phone = ''] = newPhones(1);
  const { status, body, texts } = await sent(await somebody(), fileOf(phone));
  expect(status).toBe(400);
  expect(body.message).toMatch(/^Row 1 holds a phone number where the header should be/);
  expect(texts).toEqual([]);
});

test('reads columns where their headers say, and tells what it understood', async () => {
  const [a = '', b = ''] = newPhones(2);
  const text = `Campaign of May\nphoneNumber;SMS;First name;Opt-out\n${a};Hi, {{first_name}};Ann;no\n${b};Hi, {{First Name}};Bob;sim\n`;
  const { body, texts } = await sent(await somebody(), Buffer.from(text));
  expect(texts).toEqual([[a, 'Hi, Ann']]);
  expect(body).toMatchObject({ errors: ['Row 4: Recipient opted out'] });
  expect(body.file).toEqual({
    ...{ kind: 'csv', encoding: 'UTF-8', separator: ';', header_row: 2 },
    columns: [
      { header: 'phoneNumber', field: 'phone' },
      { header: 'SMS', field: 'message' },
      { header: 'First name', field: 'variables.First name' },
      { header: 'Opt-out', field: 'opted_out' },
    ],
    ...{ rows_read: 2, rows_left_out: [{ row: 1, reason: 'Above the header' }] },
  });
});

test('texts nobody whom any row of the file says is out', async () => {
  const [a = '', b = ''] = newPhones(2);
  const rows = [`${a},,One,`, `${b},,Two,`, `${a},,One,yes`, `${b},,Two,never heard`];
  const { status, body } = await sent(
    await somebody(),
    Buffer.from(['phone,name,message,unsubscribed', ...rows].join('\n')),
  );
  expect(status).toBe(400);
  expect(body.errors).toEqual([
    'Row 2: Recipient opted out',
    'Row 3: Recipient opted out',
    'Row 4: Recipient opted out',
    'Row 5: Column unsubscribed must be true or false',
  ]);
});

test('texts nobody who is out by a row that is refused for another reason', async () => {
  const [a = '', b = '', c = '', d = ''] = newPhones(4);
  const rows = [
    ...[`${a},,Hi,`, `${b},,Hi,`, `${c},,Hi,`, `${d},,Hi,no`],
    ...[`${a},,Hi, Ann,yes`, `${b},5'10",Hi,yes`, `${c},,"Hi,yes`, `${d},,Hi, Dan,no`],
  ];
  const { body, texts } = await sent(
    await somebody(),
    Buffer.from(['phone,name,message,unsubscribed', ...rows].join('\n')),
  );
  expect(texts).toEqual([[d, 'Hi']]);
  expect(body.errors).toEqual([
    ...[2, 3, 4].map((row) => `Row ${row}: Recipient opted out`),
    'Row 6: More values than columns; a value with a comma in it needs quotes',
    expect.stringMatching(/^Row 7: A quote stands/),
    expect.stringMatching(/^Row 8: A quote is not closed/),
    'Row 9: More values than columns; a value with a comma in it needs quotes',
  ]);
});

test('cuts no text at a comma, but tells the row', async () => {
  const [a = '', b = ''] = newPhones(2);
  const csv = `phone,name,message\n${a},Ann,Hi, Ann\n${b},Ben,"Hi, Ben"\n`;
  const { body, texts } = await sent(await somebody(), Buffer.from(csv));
  expect(texts).toEqual([[b, 'Hi, Ben']]);
  expect(body.errors).toEqual(['Row 2: More values than columns; a value with a comma in it needs quotes']);
});

test('texts the first usable number of several, and shows which columns it looked at', async () => {
  const [a = '', b = '', c = '', d = '', e = '', f = ''] = newPhones(6);
  const landline = '+255222123456';
  const rows = [
    ['', a, 'first'],
    ['n/a', b, 'second'],
    [landline, c, 'third'],
    [`0 ::: ${d} ::: ${e}`, '', '{{phone}} or {{phone_2___value}}'],
    [e, f, 'fifth'],
    ['', '', 'none'],
    ['n/a', landline, 'none'],
  ].map((cells) => cells.join(','));
  const csv = ['Phone 1 - Value,Phone 2 - Value,Message', ...rows].join('\n');
  const { body, texts } = await sent(await somebody(), Buffer.from(csv));
  expect(texts.map(([to]) => to).toSorted()).toEqual([a, b, c, e].toSorted());
  expect(body.errors).toEqual([
    'Row 5: Missing template variable: phone_2___value',
    'Row 7: Missing required field: phone',
    'Row 8: Invalid phone number format',
  ]);
  expect(body.file).toMatchObject({
    columns: [
      { header: 'Phone 1 - Value', field: 'phone' },
      { header: 'Phone 2 - Value', field: 'phone' },
      { header: 'Message', field: 'message' },
    ],
  });
});

test('texts none of the numbers of a row that says its person is out', async () => {
  const [a = '', b = '', c = ''] = newPhones(3);
  const csv = `Mobile,Work phone,Message,Opt out\n${a},${b},Hi,yes\n${b},,Hi,\n${c},,Hi,\n`;
  const { body, texts } = await sent(await somebody(), Buffer.from(csv));
  expect(texts).toEqual([[c, 'Hi']]);
  expect(body.errors).toEqual(['Row 2: Recipient opted out', 'Row 3: Recipient opted out']);
});

test('texts the template, not a column of one’s own that stands where the message might', async () => {
  const person = await somebody();
  const [a = ''] = newPhones(1);
  const made = await person.api.messaging.createTemplate({ body: { name: 'T', body: 'To {{city}}' } });
  const template_id = made.ok ? made.body.id : '';
  const sender_id = newSender();
  const csv = `phone,name,City,Due\n${a},Ann,Dodoma,May\n`;
  const { body } = await send(person, Buffer.from(csv), { sender_id, template_id }, 'a.csv');
  await batchWhen(person, body.upload_id);
  expect(await textsOf(person, sender_id)).toEqual([{ to: a, text: 'To Dodoma' }]);
});

test('guesses nothing where two columns are named for one variable', async () => {
  const [a = '', b = ''] = newPhones(2);
  const csv = `phone,message,Due date,due_date\n${a},By {{due_date}},May,June\n${b},Hi,May,June\n`;
  const { body, texts } = await sent(await somebody(), Buffer.from(csv));
  expect(texts).toEqual([[b, 'Hi']]);
  expect(body.errors).toEqual([expect.stringMatching(/^Row 2: Two values are named due_date:/)]);
});

test('accepts a file whose every error is as long as can be, and lists what one answer can', async () => {
  const person = await somebody();
  const [a = '', ...others] = newPhones(1_001);
  const names = Array.from({ length: 20 }, (_, n) => `{{${'東'.repeat(60)}${n}}}`).join('');
  const csv = ['phone,,message', `${a},,Hi`, ...others.map((phone) => `${phone},,${names}`)].join('\n');
  const { status, body } = await sent(person, Buffer.from(csv));
  expect([status, body.total_contacts]).toEqual([200, 1_001]);
  expect(body.errors.length).toBeGreaterThan(200);
  expect(body.errors[0]).toMatch(/^Row 3: Missing template variable: .* and 15 more$/);
  expect(await uploadOf(person, body.upload_id)).toMatchObject({ errors: body.errors, file: body.file });
});

test('tells a row with a stray quote or a lost character, and sends the others', async () => {
  const phones = newPhones(4);
  const [a, b, c, d] = phones;
  const file = Buffer.concat([
    Buffer.from(`phone,name,message\n${a},5'10",Hi\n${b},"Jo,Hi\n${c},Jos`),
    Buffer.from([0xe9]),
    Buffer.from(`,Hi\n${d},Zoë,Hi Zoë\n`),
  ]);
  const { body, texts } = await sent(await somebody(), file);
  expect(texts).toEqual([[d, 'Hi Zoë']]);
  expect(body.errors).toEqual([
    expect.stringMatching(/^Row 2: A quote stands/),
    expect.stringMatching(/^Row 3: A quote is not closed/),
    'Row 4: A character cannot be read: save the file as UTF-8',
  ]);
});

test('fills in numbers as Excel shows them', async () => {
  const [a = '', b = ''] = newPhones(2);
  const sheet = utils.aoa_to_sheet([
    ['phone', 'name', 'message', 'sender', 'Sum', 'Day'],
    [
      Number(a.slice(1)),
      '',
      '{{sum}} by {{day}}',
      '',
      { t: 'n', v: -2500000.5, z: '#,##0.00' },
      { t: 'n', v: 45000, z: 'dd/mm/yyyy' },
    ],
    [
      { t: 'n', v: Number(b.slice(1)), z: '#,##0' },
      '',
      '{{sum}} by {{day}}',
      '',
      2500000,
      { t: 'n', v: 0.25, z: '0%' },
    ],
  ]);
  const book = utils.book_new();
  utils.book_append_sheet(book, sheet, 'S');
  const { texts } = await sent(await somebody(), write(book, { type: 'buffer', bookType: 'xlsx' }) as Buffer);
  expect(new Set(texts)).toEqual(
    new Set([
      [a, '-2,500,000.50 by 15/03/2023'],
      [b, '2500000 by 25%'],
    ]),
  );
});
