import { utils, write } from '@e965/xlsx';
import { describe, expect, test } from 'vitest';
import { type Person, somebody } from '../people.ts';
import { everybody, importCsv, imported, phone, post, postForm } from './contact-helpers.ts';

const counts = (imported: number, updated = 0, skipped = 0) => ({ imported, updated, skipped });

function workbook(rows: unknown[][]): Buffer {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet(rows), 'Contacts');
  return write(book, { type: 'buffer', bookType: 'xlsx', compression: true }) as Buffer;
}

const names = async (person: Person) => (await everybody(person)).map(({ name }) => name);

describe('imports', () => {
  test('CSV text in the order of its rows, with tags, and columns of one’s own as attributes', async () => {
    const person = await somebody();
    const { status, body } = await importCsv(
      person,
      'name,phone_e164,email,tags,City\nJohn Doe,+255700000001,john@example.com,"vip, new",Dodoma\nJane Smith,+255700000002,,regular,\n',
    );
    expect(status).toBe(201);
    expect(body).toEqual({
      success: true,
      ...counts(2),
      total_processed: 2,
      errors: [],
      message: 'Successfully imported 2, updated 0, skipped 0 contacts',
      file: {
        ...{ kind: 'csv', encoding: 'UTF-8', separator: ',', header_row: 1 },
        columns: [
          { header: 'name', field: 'name' },
          { header: 'phone_e164', field: 'phone_e164' },
          { header: 'email', field: 'email' },
          { header: 'tags', field: 'tags' },
          { header: 'City', field: 'attributes.City' },
        ],
        ...{ rows_read: 2, rows_left_out: [] },
      },
    });
    expect(await everybody(person)).toMatchObject([
      {
        name: 'John Doe',
        phone_e164: '+255700000001',
        email: 'john@example.com',
        tags: ['vip', 'new'],
        attributes: { City: 'Dodoma' },
        is_active: true,
        opted_out_at: null,
      },
      { name: 'Jane Smith', phone_e164: '+255700000002', email: null, tags: ['regular'], attributes: {} },
    ]);
  });

  test('a CSV file of a form whose flags are texts', async () => {
    const person = await somebody();
    const file = {
      bytes: Buffer.from(`\uFEFFphone;full_name\r\n${phone(1)};"Zoë; the first"\r\n`),
      name: 'a.csv',
    };
    const { status, body } = await postForm(
      person,
      'bulk-import',
      { import_type: 'csv', skip_duplicates: 'True', update_existing: 'off' },
      file,
    );
    expect([status, body]).toMatchObject([201, counts(1)]);
    expect(await names(person)).toEqual(['Zoë; the first']);
  });

  test('a workbook, with phones that Excel took for numbers', async () => {
    const person = await somebody();
    const bytes = workbook([
      ['Phone Number', 'First Name', 'Last Name', 'Balance'],
      [255712000001, 'Ann', 'Lee', 12.5],
      [712000002, 'Bob', '', null],
      ['0712 000 003', 'Cid', '', 3],
    ]);
    const { status, body } = await postForm(
      person,
      'bulk-import',
      { import_type: 'excel' },
      { bytes, name: 'b.xlsx' },
    );
    expect([status, body]).toMatchObject([201, counts(3)]);
    const contacts = await everybody(person);
    expect(contacts.map(({ name, phone_e164 }) => [name, phone_e164])).toEqual([
      ['Ann Lee', '+255712000001'],
      ['Bob', '+255712000002'],
      ['Cid', '+255712000003'],
    ]);
    expect(contacts.map(({ attributes }) => attributes)).toEqual([{ Balance: '12.5' }, {}, { Balance: '3' }]);
  });

  test('the same workbook inside JSON', async () => {
    const person = await somebody();
    const file = workbook([['phone'], [phone(1)]]).toString('base64');
    expect((await post(person, 'bulk-import', { import_type: 'excel', file })).body).toMatchObject(counts(1));
  });

  test('a phone’s contacts, with fields of their own', async () => {
    const person = await somebody();
    const contacts = [
      { full_name: 'John Doe', phone: '+255700000001', email: 'john@example.com' },
      { full_name: 'Jane Smith', phone: '0700000002', tags: ['a', 'b'], company: 'X', age: 7, nick: null },
    ];
    const { status, body } = await post(person, 'bulk-import', { import_type: 'phone_contacts', contacts });
    expect([status, body]).toMatchObject([201, counts(2)]);
    expect(await everybody(person)).toMatchObject([
      { name: 'John Doe', email: 'john@example.com' },
      { phone_e164: '+255700000002', tags: ['a', 'b'], attributes: { company: 'X', age: '7' } },
    ]);
  });

  test('1,000 contacts at once, and not one more', async () => {
    const person = await somebody();
    const rows = (count: number) =>
      ['phone', ...Array.from({ length: count }, (_, n) => phone(n))].join('\n');
    const more = await importCsv(person, rows(1_001));
    expect([more.status, more.body]).toMatchObject([
      400,
      { error_code: 'VALIDATION_ERROR', message: 'Maximum 1000 contacts per request' },
    ]);
    expect(await everybody(person)).toEqual([]);
    expect((await importCsv(person, rows(1_000))).body).toMatchObject(counts(1_000));
    const contacts = await everybody(person);
    expect(contacts.map(({ phone_e164 }) => phone_e164)).toEqual(
      Array.from({ length: 1_000 }, (_, n) => phone(n)),
    );
    expect((await importCsv(person, rows(1_000))).body).toMatchObject(counts(0, 0, 1_000));
  });
});

describe('rows that cannot be used', () => {
  test('are told by their number, the header being row 1, and lose none of the others', async () => {
    const person = await somebody();
    const { status, body } = await importCsv(
      person,
      [
        'name,phone_e164,email,tags',
        `Ann,${phone(1)},ann@example.com,`,
        'Bob,12345,,',
        '',
        `Cid,${phone(2)},no-address,`,
        `Dan,${phone(3)},,vip,customer`,
        'Eve,,,',
        `Fay,${phone(4)},,`,
        `Gus,+2557١٢345678,,`,
        `Hal,+25571x345678,,`,
      ].join('\n'),
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({
      success: true,
      ...counts(4),
      total_processed: 8,
      errors: [
        'Row 3: Invalid phone number format',
        'Row 6: More values than columns; a value with a comma in it needs quotes',
        'Row 7: Missing required field: phone_e164',
        'Row 10: Invalid phone number format',
      ],
      warnings: ['Row 5: Invalid email address: imported without it'],
    });
    expect(await names(person)).toEqual(['Ann', 'Cid', 'Fay', 'Gus']);
  });

  test('of a phone count from 1', async () => {
    const contacts = [{ phone: 'x' }, { phone: phone(1) }, { phone: [[phone(2)]], name: 'X' }];
    const { body } = await post(await somebody(), 'bulk-import', { import_type: 'phone_contacts', contacts });
    expect(body).toMatchObject({
      ...counts(1),
      errors: ['Row 1: Invalid phone number format', 'Row 3: Missing required field: phone_e164'],
    });
  });

  test('if they are all, success is not claimed', async () => {
    const { body } = await importCsv(await somebody(), 'phone\nx\ny\n');
    expect(body).toMatchObject({ success: false, ...counts(0), total_processed: 2 });
  });
});

describe('who is out of messages by a file', () => {
  const contactsOf = async (person: Person) =>
    (await everybody(person)).map(({ phone_e164, is_active, opted_out_at }) => [
      phone_e164,
      is_active,
      opted_out_at !== null,
    ]);

  test('is out for good, by any row, and no later file changes that', async () => {
    const person = await somebody();
    const csv = `phone,name,opt_out\n${phone(1)},Ann,\n${phone(2)},Bob,no\n${phone(1)},Ann,yes\n`;
    expect((await importCsv(person, csv)).body).toMatchObject(counts(2, 0, 1));
    const expected = [
      [phone(1), false, true],
      [phone(2), true, false],
    ];
    expect(await contactsOf(person)).toEqual(expected);
    await importCsv(person, `phone,opt_out,is_active\n${phone(1)},no,true\n`, { update_existing: true });
    expect(await contactsOf(person)).toEqual(expected);
    const contact = (await everybody(person))[0];
    await post(person, 'bulk-delete', { contact_ids: [contact?.id] });
    await importCsv(person, `phone,subscribed\n${phone(1)},yes\n`);
    expect(await contactsOf(person)).toEqual([
      [phone(2), true, false],
      [phone(1), false, true],
    ]);
  });

  test.each([
    ['skipped', {}],
    ['updated', { update_existing: true }],
    ['refused', { skip_duplicates: false }],
  ])('is out also if the contact is there and its row is %s', async (_, options) => {
    const person = await somebody();
    await imported(person, 3);
    const rows = [`${phone(0)};Ann;ndiyo;`, `${phone(1)};Bob;;hapana`, `${phone(2)};Cid;hapana;ndiyo`];
    const csv = ['simu;jina;Amejiondoa;Hai', ...rows].join('\n');
    const { body } = await importCsv(person, csv, options);
    const told = [2, 3].map((row) => `Row ${row}: Out of messages now; nothing else was changed`);
    expect(body.warnings).toEqual('update_existing' in options ? undefined : told);
    expect(await contactsOf(person)).toEqual([
      [phone(0), false, true],
      [phone(1), false, false],
      [phone(2), true, false],
    ]);
  });

  test('is never guessed: a value that cannot be understood is told, and nobody is imported by it', async () => {
    const person = await somebody();
    const csv = `phone,unsubscribed\n${phone(1)},perhaps\n${phone(1)},\n${phone(2)},\n`;
    expect((await importCsv(person, csv)).body).toMatchObject({
      ...counts(1),
      errors: [
        'Row 2: opted_out_at must be true or false',
        'Row 3: Another row of this phone number has a consent that cannot be understood',
      ],
    });
  });

  test('is out by a row that is refused for another reason, and that is told', async () => {
    const person = await somebody();
    await imported(person, 4);
    const rows = [
      `${phone(0)},x,yes,more`,
      `${phone(1)},5'10",yes`,
      `${phone(2)},a, b,no`,
      `${phone(3)},"x,no`,
    ];
    const { body } = await importCsv(person, ['phone,Note,opt_out', ...rows].join('\n'));
    expect(body).toMatchObject({ ...counts(0), success: false });
    expect(body.errors).toHaveLength(4);
    expect(body.warnings).toEqual(
      [2, 3].map((row) => `Row ${row}: Out of messages now; nothing else was changed`),
    );
    expect(await contactsOf(person)).toEqual([
      [phone(0), false, true],
      [phone(1), false, true],
      [phone(2), true, false],
      [phone(3), true, false],
    ]);
  });

  test('is out though the row has too many attributes to be stored', async () => {
    const person = await somebody();
    const wide = Array.from({ length: 60 }, (_, n) => `c${n}`);
    const values = wide.map(() => 'é'.repeat(900));
    const csv = `phone,opt_out,${wide.join(',')}\n${phone(1)},yes,${values.join(',')}\n`;
    expect((await importCsv(person, csv)).body.errors).toEqual(['Row 2: Too many attributes']);
    await importCsv(person, `phone\n${phone(1)}\n`);
    expect(await contactsOf(person)).toEqual([[phone(1), false, true]]);
  });
});

describe('contacts of a picker', () => {
  const fromPhone = async (...contacts: object[]) => {
    const person = await somebody();
    const { body } = await post(person, 'bulk-import', { import_type: 'phone_contacts', contacts });
    return { person, body, contacts: await everybody(person) };
  };
  const [A, B] = [phone(1), phone(2)];
  const lee = { name: 'Ann Lee', phone: A, email: 'a@x.com' };

  test.each([
    ['the Contact Picker API', { name: ['Ann Lee'], tel: [A, B], email: ['a@x.com'], icon: [] }, { tel: B }],
    [
      'Expo',
      {
        ...{ id: '1', firstName: 'Ann', lastName: 'Lee', emails: [{ email: 'a@x.com' }] },
        phoneNumbers: [{ label: 'mobile', number: A }],
      },
      {},
    ],
    [
      'React Native Contacts',
      {
        ...{ recordID: 'r', givenName: 'Ann', familyName: 'Lee' },
        phoneNumbers: [{ label: 'home', number: 'x' }, { number: A }],
        emailAddresses: [{ label: 'work', email: 'a@x.com' }],
      },
      { recordID: 'r', phoneNumbers: 'x' },
    ],
    [
      'Cordova',
      {
        ...{ displayName: 'Ann Lee', emails: [{ value: 'a@x.com' }] },
        phoneNumbers: [{ type: 'mobile', value: A, pref: true }],
      },
      {},
    ],
    [
      'Capacitor',
      {
        ...{ name: { display: 'Ann Lee', given: 'Ann' }, emails: [{ address: 'a@x.com' }] },
        phones: [{ number: A, type: 'mobile' }],
      },
      {},
    ],
    ['names in parts', { ...lee, name: { givenName: 'Ann', familyName: 'Lee' } }, {}],
    [
      'unknown objects',
      { ...lee, org: { name: 'X', at: [1] }, n: 7, no: null },
      { org: { name: 'X', at: [1] }, n: '7' },
    ],
  ])('of %s are taken', async (_, contact, attributes) => {
    const { body, contacts } = await fromPhone(contact);
    expect(body).toMatchObject({ ...counts(1), errors: [] });
    expect(contacts).toMatchObject([{ name: 'Ann Lee', phone_e164: A, email: 'a@x.com' }]);
    expect(contacts[0]?.attributes).toEqual(attributes);
  });

  test('may be contacts exactly as this API gives them, the consent included', async () => {
    const { contacts } = await fromPhone(
      { phone: A, name: 'Ann', tags: ['a', 'b'], City: { at: [1] }, email: 'a@x.com' },
      { phone: B, opted_out_at: '2025-01-01T00:00:00Z' },
    );
    const again = await fromPhone(...contacts);
    expect(again.body).toMatchObject({ ...counts(2), errors: [] });
    expect(again.body.warnings).toBeUndefined();
    const plain = (all: typeof contacts) =>
      all.map(({ name, phone_e164, email, tags, attributes, is_active, opted_out_at }) => ({
        ...{ name, phone_e164, email, tags, attributes, is_active },
        out: opted_out_at !== null,
      }));
    expect(plain(again.contacts)).toEqual(plain(contacts));
    expect(plain(contacts).map(({ out, is_active }) => [out, is_active])).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  test('are kept without a field that cannot be stored, and that is told', async () => {
    const { body, contacts } = await fromPhone({
      ...{ name: 'An\nn', phone: A, email: 'n/a', photo: 'x'.repeat(2_000), ['k'.repeat(70)]: 'v' },
      tags: [{ unknown: 1 }],
    });
    expect(body).toMatchObject({ ...counts(1), errors: [] });
    expect(body.warnings).toHaveLength(5);
    expect(contacts).toMatchObject([{ name: null, email: null, tags: [], attributes: {} }]);
  });
});

describe('a phone that has a contact already', () => {
  const csv = `name,phone,tags,City\nNew Name,${phone(0)},fresh,Arusha\nPerson 1,${phone(1)},,\n`;
  const flags = (skip_duplicates: boolean, update_existing: boolean) => ({
    skip_duplicates,
    update_existing,
  });

  test.each([
    ['is skipped', flags(true, false), counts(1, 0, 1), 'Person 0', []],
    ['is updated if asked', flags(true, true), counts(1, 1), 'New Name', []],
    ['is updated without skipping', flags(false, true), counts(1, 1), 'New Name', []],
    [
      'is an error if neither was asked',
      flags(false, false),
      counts(1),
      'Person 0',
      ['Row 2: A contact with this phone number exists already'],
    ],
  ])('%s', async (_, asked, expected, name, errors) => {
    const person = await somebody();
    const [contact] = await imported(person, 1);
    const { status, body } = await importCsv(person, csv, asked);
    expect([status, body]).toMatchObject([201, { ...expected, errors, total_processed: 2 }]);
    const contacts = await everybody(person);
    expect(contacts.map((one) => one.name)).toEqual([name, 'Person 1']);
    expect(contacts[0]).toMatchObject({ id: contact?.id, created_at: contact?.created_at });
  });

  test('keeps what the file does not know, and joins attributes', async () => {
    const person = await somebody();
    await importCsv(person, `phone,name,email,City,Plan\n${phone(1)},Ann,ann@example.com,Dodoma,gold\n`);
    await importCsv(person, `phone,name,City,Age\n${phone(1)},,Arusha,9\n`, { update_existing: true });
    expect(await everybody(person)).toMatchObject([
      { name: 'Ann', email: 'ann@example.com', attributes: { City: 'Arusha', Plan: 'gold', Age: '9' } },
    ]);
  });

  test('is one phone however it is written, and its second row in a file is skipped', async () => {
    const person = await somebody();
    const { body } = await importCsv(
      person,
      'phone\n+255712345678\n0712345678\n255712345678\n712 345 678\n00255 712-345-678\n',
    );
    expect(body).toMatchObject({ ...counts(1, 0, 4), total_processed: 5 });
    expect((await everybody(person)).map(({ phone_e164 }) => phone_e164)).toEqual(['+255712345678']);
  });

  test('has one contact under concurrent imports, and each import tells what it did', async () => {
    const { userId, tenantId } = await somebody();
    const people = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) => somebody({ userId: `${userId}-${n}`, tenantId })),
    );
    // Sizes on both sides of what one transaction takes.
    for (const [size, from] of [
      [30, 0],
      [150, 1_000],
    ] as const) {
      const csv = ['phone', ...Array.from({ length: size }, (_, n) => phone(from + n))].join('\n');
      const answers = await Promise.all(people.map((person) => importCsv(person, csv)));
      const done = answers.filter(({ status }) => status === 201);
      expect(answers.filter(({ status }) => ![201, 409].includes(status))).toEqual([]);
      expect(done.reduce((sum, { body }) => sum + Number(body.imported), 0)).toBe(size);
      for (const { body } of done) expect(Number(body.imported) + Number(body.skipped)).toBe(size);
    }
    const contacts = await everybody(people[0] as Person);
    expect(contacts).toHaveLength(180);
    expect(new Set(contacts.map(({ phone_e164 }) => phone_e164)).size).toBe(180);
  });

  test('is free again when its contact was deleted', async () => {
    const person = await somebody();
    const [contact] = await imported(person, 1);
    await post(person, 'bulk-delete', { contact_ids: [contact?.id] });
    const [again] = await imported(person, 1);
    expect(again?.id).not.toBe(contact?.id);
    expect(await everybody(person)).toHaveLength(1);
  });

  test('of another tenant is nobody’s business', async () => {
    const [one, other] = [await somebody(), await somebody()];
    await imported(one, 3);
    await imported(other, 3);
    expect(await everybody(other)).toHaveLength(3);
  });
});

describe('refuses', () => {
  const refusal = (field: string) => ({
    success: false,
    error_code: 'VALIDATION_ERROR',
    message: expect.any(String),
    details: expect.objectContaining({ field }),
  });

  test.each([
    ['no type of import', { csv_data: 'phone\n' }, 'import_type'],
    ['an unknown type of import', { import_type: 'vcard', csv_data: 'phone\n' }, 'import_type'],
    ['CSV without text or file', { import_type: 'csv' }, 'csv_data'],
    ['Excel without a file', { import_type: 'excel' }, 'file'],
    ['a file that is no base64', { import_type: 'excel', file: '<Excel file upload>' }, 'file'],
    ['a phone’s contacts without any', { import_type: 'phone_contacts', contacts: [] }, 'contacts'],
    ['a phone’s contacts that are missing', { import_type: 'phone_contacts' }, 'contacts'],
    [
      'a field that it does not know',
      { import_type: 'csv', csv_data: 'phone\nx', tenant_id: 't' },
      'tenant_id',
    ],
    [
      'a flag that is no boolean',
      { import_type: 'csv', csv_data: 'phone\nx', skip_duplicates: 'yes' },
      'skip_duplicates',
    ],
    ['a control character in the header', { import_type: 'csv', csv_data: 'pho\u0000ne\nx' }, 'file'],
    ['no header', { import_type: 'csv', csv_data: `Ann,${phone(1)}` }, 'file'],
    ['a header alone', { import_type: 'csv', csv_data: 'phone,name' }, 'file'],
    ['two columns of the same name', { import_type: 'csv', csv_data: 'phone,City,City\n1,2,3' }, 'file'],
  ])('%s', async (_, body, field) => {
    const person = await somebody();
    const answer = await post(person, 'bulk-import', body);
    expect([answer.status, answer.body]).toEqual([400, refusal(field)]);
    expect(await everybody(person)).toEqual([]);
  });

  test('a file of the other kind than it is said to be', async () => {
    const person = await somebody();
    const book = { bytes: workbook([['phone'], [phone(1)]]), name: 'a.csv' };
    const text = { bytes: Buffer.from(`phone\n${phone(1)}`), name: 'a.xlsx' };
    for (const [import_type, file] of [
      ['csv', book],
      ['excel', text],
    ] as const) {
      const answer = await postForm(person, 'bulk-import', { import_type }, file);
      expect([answer.status, answer.body]).toEqual([400, refusal('file')]);
    }
  });

  test('another content type, and names both that it takes', async () => {
    const answer = await post(await somebody(), 'bulk-import', 'a=b', { 'Content-Type': 'text/csv' });
    expect(answer.status).toBe(415);
    expect(answer.body.message).toContain('multipart/form-data');
  });

  test.each([4.3, 5.1])('or reads a form of %d MiB, by its size alone', async (size) => {
    const person = await somebody();
    const bytes = Buffer.alloc(size * 1024 * 1024, `phone\n${phone(1)}\n${'x'.repeat(80)}\n`);
    const { status } = await postForm(
      person,
      'bulk-import',
      { import_type: 'csv' },
      { bytes, name: 'a.csv' },
    );
    expect(status).toBe(size < 4.4 ? 400 : 413);
  });

  test('a body of more than five megabytes, in the words of this API', async () => {
    const answer = await importCsv(await somebody(), 'x'.repeat(5 * 1024 * 1024));
    expect([answer.status, answer.body]).toMatchObject([
      413,
      { success: false, error_code: 'PAYLOAD_TOO_LARGE', message: expect.any(String), details: {} },
    ]);
  });

  test('a form that is cut off, and goes on', async () => {
    const person = await somebody();
    const whole = `--XX\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nphone\n${phone(1)}`;
    for (const body of [whole, whole.slice(0, 40), '--XX', '']) {
      const answer = await post(person, 'bulk-import', body, {
        'Content-Type': 'multipart/form-data; boundary=XX',
      });
      expect([answer.status, answer.body.error_code]).toEqual([400, 'VALIDATION_ERROR']);
    }
    expect((await importCsv(person, `phone\n${phone(1)}`)).status).toBe(201);
  });

  test('viewers and strangers', async () => {
    const body = { import_type: 'csv', csv_data: `phone\n${phone(1)}` };
    const viewer = await somebody({ role: 'viewer' });
    const refused = await post(viewer, 'bulk-import', body);
    expect([refused.status, refused.body.error_code]).toEqual([403, 'FORBIDDEN']);
    const stranger = await post(viewer, 'bulk-import', body, { Authorization: '' });
    expect([stranger.status, stranger.body]).toEqual([
      401,
      { success: false, message: 'Authentication required', error_code: 'UNAUTHORIZED', details: {} },
    ]);
    expect(await everybody(viewer)).toEqual([]);
  });

  test('the eleventh import of a minute', async () => {
    const person = await somebody();
    for (let n = 0; n < 10; n++) expect((await importCsv(person, `phone\n${phone(n)}`)).status).toBe(201);
    const { status, headers, body } = await importCsv(person, `phone\n${phone(10)}`);
    expect([status, body.error_code, body.success]).toEqual([429, 'RATE_LIMIT_EXCEEDED', false]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await everybody(person)).toHaveLength(10);
  });
});

describe('repeated with its Idempotency-Key', () => {
  const once = { 'Idempotency-Key': 'once' };
  const file = { bytes: Buffer.from(`phone\n${phone(1)}\n`), name: 'a.csv' };
  const send = (person: Person, form = file) =>
    postForm(person, 'bulk-import', { import_type: 'csv' }, form, once);

  test('a form is the same form, though its boundary is another one', async () => {
    const person = await somebody();
    const [first, again] = [await send(person), await send(person)];
    expect([first.body, again.headers.get('idempotency-replayed')]).toMatchObject([counts(1), 'true']);
    expect(again.body).toEqual(first.body);
  });

  test('another file is another form', async () => {
    const person = await somebody();
    await send(person);
    expect((await send(person, { ...file, bytes: Buffer.from([0xff, 0xfe]) })).status).toBe(422);
  });
});
