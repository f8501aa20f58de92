import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { everybody, importCsv, post } from './contact-helpers.ts';
import { batchWhen, newPhones, newSender, textsOf } from './sms.ts';
import { workbook } from './workbook.ts';

/** Ways in which people, phones and spreadsheets write the number `+255 712 345 678`. */
const international = [
  ...['+255712345678', '255712345678', '00255712345678', "'+255712345678", '’255712345678', '255712345678.0'],
  ...['tel:+255712345678', 'TEL:+255-712-345-678;ext=5', 'p:+255712345678', 'whatsapp:+255712345678'],
  ...['+255 712 345 678', '+255-712–345—678', '+255‑712−345‐678', '+255·712·345·678', '+(255) 712 345 678'],
  ...['(+255) 712/345/678', '+255 (0) 712 345 678', '[+255] 712.345.678'],
  ...['+255\u00a0712\u202f345\u2009678', '\u202a+255712345678\u202c', '\u200e+255712345678\u200f'],
  ...['\ufeff+255712345678\u200b', '+255\u00ad712\u00ad345\u00ad678'],
  ...['+٢٥٥٧١٢٣٤٥٦٧٨', '+۲۵۵۷۱۲۳۴۵۶۷۸', '+२५५७१२३४५६७८', '＋２５５７１２３４５６７８', '+๒๕๕๗๑๒๓๔๕๖๗๘'],
  ...['+255712345678 ext. 5', '+255712345678 x5', '+255712345678 #5', '+255712345678, extension 123'],
];
const national = [
  '0712345678',
  '712345678',
  '0712 345 678',
  '(0712) 345-678',
  '٠٧١٢٣٤٥٦٧٨',
  '0712345678 ext 9',
];

/** Texts that show no phone, or several. */
const none = [
  ...['+25571234567', '2.55712E+11', '255712345678.5', '0712345678/0713345678', '0712345678, 0713345678'],
  ...['++255712345678', '+255 712 345 67x', 'call 0712345678', '+255712345678'.repeat(20), '-', '½', '٫'],
];

const contactsOf = (texts: string[]) => texts.map((phone) => ({ phone }));

test('a contact is imported by whatever shows its phone, and is one contact', async () => {
  const person = await somebody();
  for (const text of [...international, ...national]) {
    const contacts = contactsOf([text]);
    const { body } = await post(await somebody(), 'bulk-import', { import_type: 'phone_contacts', contacts });
    expect([text, body.imported, body.errors]).toEqual([text, 1, []]);
  }
  const contacts = contactsOf([...international, ...national]);
  const { body } = await post(person, 'bulk-import', { import_type: 'phone_contacts', contacts });
  expect(body).toMatchObject({ imported: 1, skipped: contacts.length - 1, errors: [] });
  expect((await everybody(person)).map(({ phone_e164 }) => phone_e164)).toEqual(['+255712345678']);
});

test('what shows no phone, or several, is an error of its row', async () => {
  const contacts = contactsOf(none);
  const { body } = await post(await somebody(), 'bulk-import', { import_type: 'phone_contacts', contacts });
  expect(body).toMatchObject({ imported: 0, success: false });
  expect(body.errors).toEqual(none.map((_, n) => `Row ${n + 1}: Invalid phone number format`));
});

test('a CSV file has its phones as they show', async () => {
  const person = await somebody();
  const { body } = await importCsv(person, `name,phone\nAnn,'+255712345678\nBen,tel:+255-713-345-678\n`);
  expect([body.imported, body.errors]).toEqual([2, []]);
});

test('a phone is opted out by whatever shows it; a national number is told, as it could be of any country', async () => {
  for (let from = 0; from < international.length; from += 8) {
    const phones = international.slice(from, from + 8);
    const { status, body } = await post(await somebody(), 'opt-out', { phones });
    expect([status, body.opted_out_count, body.errors]).toEqual([200, 1, []]);
  }
  const { status, body } = await post(await somebody(), 'opt-out', { phones: [...national, ...none] });
  expect([status, body.details]).toMatchObject([400, { field: 'phones.0' }]);
});

test('the rows of a file are sent to the phones that they show', async () => {
  const person = await somebody();
  const sender_id = newSender();
  const phones = newPhones(5);
  const [one = '', two = '', three = '', four = '', five = ''] = phones;
  const fullWidth = three.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  const rows = [
    `'${one}`,
    `tel:${two}`,
    fullWidth,
    `${four.slice(0, 4)} (${four.slice(4)})`,
    `${five} ext. 7`,
  ];
  const form = new FormData();
  const file = workbook([['Phone', 'Name', 'Message'], ...rows.map((phone) => [phone, '', 'Hi'])]);
  form.append('file', new Blob([new Uint8Array(file)]), 'sms.xlsx');
  form.append('sender_id', sender_id);
  const response = await person.fetch('/api/messaging/sms/bulk-upload/', { method: 'POST', body: form });
  const body = (await response.json()) as { upload_id: string; errors: string[] };
  expect([response.status, body.errors]).toEqual([200, []]);
  await batchWhen(person, body.upload_id);
  expect((await textsOf(person, sender_id)).map(({ to }) => to).toSorted()).toEqual(phones.toSorted());
});
