import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { somebody } from '../people.ts';
import {
  administrator,
  everything,
  minute,
  order,
  refusal,
  send,
  service,
  several,
  stored,
  user,
} from './records.ts';

const made = {
  orders: several(30, (id) =>
    order(id, { notes: `notes\nof ${id}`, professional: id % 2 ? null : order(1).professional }),
  ),
  users: several(30, (id) =>
    user(id, {
      is_active: id % 4 !== 0,
      profile: { is_verified: id % 3 === 0, rating: id % 2 ? null : '4.50' },
    }),
  ),
  services: several(30, (id) =>
    service(id, { category: id % 2 ? 'cleaning' : 'pest_control', is_active: id % 3 > 0 }),
  ),
};
const kinds = ['orders', 'users', 'services'] as const;

test.each(kinds)('reads the export of %s back in unchanged, as JSON and as CSV', async (kind) => {
  const admin = await administrator();
  const first = await send(admin, 'POST', `/import/${kind}/`, made[kind]);
  expect(first.status).toBe(200);
  expect(first.body).toEqual({
    ...{ success: true, created_count: 30, updated_count: 0, unchanged_count: 0, total_count: 30 },
  });
  expect(await everything(admin, kind)).toEqual(made[kind]);
  const json = await send(admin, 'GET', `/export/${kind}/`);
  const csv = await send(admin, 'GET', `/export/${kind}/?format=csv`);
  const english = await send(admin, 'GET', `/export/${kind}/?format=csv`, undefined, {
    'Accept-Language': 'en',
  });
  for (const body of [json.body.results, csv.text, `\uFEFF${english.text}`]) {
    const again = await send(admin, 'POST', `/import/${kind}/`, body);
    expect(again.body).toMatchObject({ created_count: 0, updated_count: 0, unchanged_count: 30 });
  }
  expect(await everything(admin, kind)).toEqual(made[kind]);
  const other = await administrator();
  await send(other, 'POST', `/import/${kind}/`, json.body.results);
  expect((await send(other, 'GET', `/export/${kind}/`)).text).toBe(json.text);
  const third = await administrator();
  await send(third, 'POST', `/import/${kind}/`, csv.text);
  expect((await send(third, 'GET', `/export/${kind}/?format=csv`)).text).toBe(csv.text);
});

test('changes what differs, also the place in the list and the counts', async () => {
  const admin = await administrator();
  await stored(
    admin,
    'orders',
    several(3, (id) => order(id)),
  );
  const moved = order(1, { created_at: minute(9), status: 'completed' });
  const { body } = await send(admin, 'POST', '/import/orders/', [moved, order(2)]);
  expect(body).toMatchObject({ created_count: 0, updated_count: 1, unchanged_count: 1 });
  expect((await everything(admin, 'orders')).map(({ id }) => id)).toEqual([2, 3, 1]);
  expect((await send(admin, 'GET', '/export/orders/?status=pending')).body.count).toBe(2);
  expect((await send(admin, 'GET', '/export/orders/?status=completed')).body.count).toBe(1);
});

test('a CSV with some of the columns changes these alone', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1)]);
  const { body } = await send(admin, 'POST', '/import/orders/', 'Total Price,ID\n99.5,1\n');
  expect(body).toEqual({
    ...{ success: true, created_count: 0, updated_count: 1, unchanged_count: 0, total_count: 1 },
    file: {
      ...{ kind: 'csv', encoding: 'UTF-8', separator: ',', header_row: 1 },
      columns: [
        { header: 'Total Price', field: 'Total Price' },
        { header: 'ID', field: 'ID' },
      ],
      ...{ rows_read: 1, rows_left_out: [] },
    },
  });
  expect(await everything(admin, 'orders')).toEqual([order(1, { total_price: '99.50' })]);
});

test.each([
  ['empty columns and rows at the end', 'ID,Total Price,,,\n1,99.5,,,\n,,,,\n\n'],
  ['semicolons', 'ID;Total Price\r\n1;99.5\r\n'],
  ['tabs', 'ID\tTotal Price\r\n1\t99.5\r\n'],
  ['the line that names the separator', 'sep=;\r\nID;Total Price\r\n1;99.5\r\n'],
])('reads a CSV with %s, as Excel saves it', async (_, csv) => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1)]);
  const { body } = await send(admin, 'POST', '/import/orders/', csv);
  expect(body).toMatchObject({ updated_count: 1, total_count: 1 });
  expect(await everything(admin, 'orders')).toEqual([order(1, { total_price: '99.50' })]);
});

test('takes a thousand records, and no more', async () => {
  const admin = await administrator();
  const all = several(1_001, (id) => service(id));
  const refused = await send(admin, 'POST', '/import/services/', all);
  expect(refused.body).toEqual(refusal('body', 'must have at most 1000 records'));
  expect((await send(admin, 'GET', '/export/services/')).body.count).toBe(0);
  expect((await send(admin, 'POST', '/import/services/', all.slice(1))).body.created_count).toBe(1_000);
});

const { status: _, ...withoutStatus } = order(2);
const header = 'must begin with a row of the columns ID, Customer';
test.each([
  [[], 'body', 'must have at least one record'],
  [{ id: 1 }, 'body', 'must be a list or a CSV'],
  [[order(1), withoutStatus], '[1].status', 'must be one of pending'],
  [[order(1), order(1)], '[1].id', 'is the id of an earlier record of this import'],
  [[order(1), { ...order(2), tenant_id: 'other' }], '[1].tenant_id', 'is not a field of this request'],
  [[{ ...order(1), total_price: 150 }], '[0].total_price', 'must be an amount as text'],
  [[{ ...order(1), total_price: '1e3' }], '[0].total_price', 'must be an amount as text'],
  [[{ ...order(1), created_at: '2025-02-30T00:00:00Z' }], '[0].created_at', 'must be a time as in RFC 3339'],
  [[{ ...order(1), created_at: '2025-02-03T00:00:00' }], '[0].created_at', 'must be a time as in RFC 3339'],
  [[{ ...order(1), address: '\uD800' }], '[0].address', 'has characters that cannot be stored'],
  [[{ ...order(1), address: 'x'.repeat(1_001) }], '[0].address', 'must be a text of at most 1000 characters'],
  [
    [{ ...order(1), customer: { ...order(1).customer, email: 'x' } }],
    '[0].customer.email',
    'must be an e-mail address',
  ],
  ['', 'body', 'must be a list or a CSV'],
  ['a,b\n1,2\n', 'body', header],
  ['ID,ID\n1,2\n', 'body', 'must have each column once, which row 1 has not'],
  ['ID,i d\n1,2\n', 'body', 'must have each column once, which row 1 has not'],
  ['\n\nID,Total Prise\n1,2\n', 'body', 'in row 3, the first, cell 2 is none of them'],
  ['Status,Address\n1,2\n', 'body', 'row 1, the first, has no column ID'],
  ['Orders,\nof May,\n\nID,Status\n1,x\n', 'body', 'row 4 names them, so leave out the rows above it'],
  [',,\n , \n', 'body', 'it has no row'],
  ['"[]"', 'body', 'in row 1, the first, cell 1 is none of them'],
  ['ID,Status\n1,"open', 'body', 'is no CSV that can be read'],
  ['ID,Status\n1\n', 'body', 'is no CSV that can be read: row 2 has fewer cells than titles'],
  ['ID,Status\n\n1,open,x\n', 'body', 'is no CSV that can be read: row 3 has more cells than titles'],
  ['ID,Status\n1,op"en\n', 'body', 'is no CSV that can be read: row 2: A quote stands where none may'],
  ['ID,Status\n1,op\u0007en\n', 'body', 'is no CSV that can be read: row 2: Control characters'],
  ['ID,Status\n7,Pendente\n', '[0].customer', 'is required'],
])('refuses %j and stores nothing', async (body, field, issue) => {
  const admin = await administrator();
  const answer = await send(admin, 'POST', '/import/orders/', body);
  expect(answer.status).toBe(400);
  expect(answer.body.error).toMatchObject({ code: 'INVALID_PARAMETERS', details: { field } });
  expect(answer.body.error.details.issue).toContain(issue);
  expect(await everything(admin, 'orders')).toEqual([]);
});

test.each([
  ['ID,Status\n\n\n1,open\n', '[0].status', 4],
  ['ID,Status\n1,Pendente\n\n"1",Pendente\n', '[1].id', 4],
  ['ID,Status\n1,"Pend\nente"\n2,Pendente\n', '[0].status', 2],
  ['ID,Status\n1,Pendente\nID,Status\n', '[1].id', 3],
])('%j is refused by the number of the row, as its author sees it', async (csv, field, row) => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1), order(2)]);
  const { status, body } = await send(admin, 'POST', '/import/orders/', csv);
  expect([status, body.error.details]).toMatchObject([400, { field, row }]);
  expect(await everything(admin, 'orders')).toEqual([order(1), order(2)]);
});

test('an id that a spreadsheet shows with zeros or blanks is that of its record, of which nothing is lost', async () => {
  const admin = await administrator();
  const before = order(1, { notes: 'kept', total_price: '1.00' });
  await stored(admin, 'orders', [before]);
  const whole = (await send(admin, 'GET', '/export/orders/?format=csv')).text;
  for (const [id, price] of [
    ['0001', '2.00'],
    [' 1 ', '3.00'],
  ] as const) {
    const csv = whole.replace('\r\n1,', `\r\n${id},`).replace('1.00', price);
    const { body } = await send(admin, 'POST', '/import/orders/', csv);
    expect(body).toMatchObject({ created_count: 0, updated_count: 1 });
    expect(await everything(admin, 'orders')).toEqual([{ ...before, total_price: price }]);
  }
});

test('titles are recognised in whatever case, with blanks and punctuation, and told as they were understood', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1)]);
  const { body } = await send(admin, 'POST', '/import/orders/', ' id ,total_price\n1, 7.5 \n');
  expect(body).toMatchObject({
    updated_count: 1,
    file: {
      columns: [
        { header: ' id ', field: 'ID' },
        { header: 'total_price', field: 'Total Price' },
      ],
    },
  });
  expect(await everything(admin, 'orders')).toEqual([order(1, { total_price: '7.50' })]);
});

test.each(['N/A', 'n/a', ' N/a '])('a professional of %j is none', async (cell) => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1)]);
  await send(admin, 'POST', '/import/orders/', `ID,Professional\n1,${cell}\n`);
  expect(await everything(admin, 'orders')).toEqual([order(1, { professional: null })]);
});

test.each([
  ['orders', { ...order(1), customer: { username: ' \u00a0 ' } }, '[0].customer.username'],
  ['orders', { ...order(1), customer: { username: 'n/a' } }, '[0].customer.username'],
  ['users', user(1, { username: ' ' }), '[0].username'],
  ['users', user(1, { profile: { phone: '5.51199E+12' } }), '[0].profile.phone'],
  ['users', user(1, { profile: { phone: '5,51199e12' } }), '[0].profile.phone'],
  ['services', service(1, { name: '   ' }), '[0].name'],
] as const)('%s: what says nothing, or lost its digits, is refused: %j', async (kind, record, field) => {
  const admin = await administrator();
  const { status, body } = await send(admin, 'POST', `/import/${kind}/`, [record]);
  expect([status, body.error.details.field]).toEqual([400, field]);
  expect(await everything(admin, kind)).toEqual([]);
});

test('a workbook is refused as what it is, under whatever name it is sent', async () => {
  const admin = await administrator();
  for (const signature of ['504b030414000600', 'd0cf11e0a1b11ae1'])
    for (const type of ['text/csv', 'application/vnd.ms-excel', 'application/octet-stream']) {
      const answer = await admin.fetch('/api/v1/admin/import/orders/', {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: new Uint8Array(Buffer.from(`${signature}00ff`, 'hex')),
      });
      expect([answer.status, await answer.json()]).toEqual([
        400,
        refusal('body', 'The body is a workbook of Excel: save it as CSV in UTF-8'),
      ]);
    }
});

test('JSON that was encoded twice, and a CSV inside of JSON, are refused with what to do', async () => {
  const admin = await administrator();
  for (const inner of [JSON.stringify([order(1)]), 'ID,Status\n1,Pendente\n']) {
    const answer = await admin.fetch('/api/v1/admin/import/orders/', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(inner),
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      refusal('body', expect.stringContaining('encode it once, and send a CSV as text/csv')),
    ]);
  }
  expect(await everything(admin, 'orders')).toEqual([]);
});

test('is for administrators alone, and takes JSON and CSV alone', async () => {
  const admin = await administrator();
  const viewer = await somebody({ role: 'viewer', tenantId: admin.tenantId });
  for (const kind of kinds) {
    expect((await send(viewer, 'POST', `/import/${kind}/`, made[kind])).status).toBe(403);
    const other = await send(admin, 'POST', `/import/${kind}/`, '<a/>', { 'Content-Type': 'text/xml' });
    expect(other.status).toBe(415);
    expect(other.body.error.code).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect(await everything(admin, kind)).toEqual([]);
  }
});

test('rows of several importers at once are all there, and counted', async () => {
  const admin = await administrator();
  await Promise.all(
    several(5, (n) =>
      stored(
        admin,
        'users',
        several(150, (id) => user(id + 100 * n)),
      ),
    ),
  );
  const { body } = await send(admin, 'GET', '/export/users/?user_type=professional');
  expect(body.count).toBe(550);
  expect(body.results).toHaveLength(550);
});

describe('a CSV is taken under each name that it is sent by', () => {
  test.each(['text/csv', 'text/csv; charset=utf-8', 'application/vnd.ms-excel', 'Application/Octet-Stream'])(
    '%s',
    async (type) => {
      const admin = await administrator();
      await stored(admin, 'orders', [order(1)]);
      const csv = 'ID,Address\r\n1,Rúa 1\r\n';
      const { status, body } = await send(admin, 'POST', '/import/orders/', csv, { 'Content-Type': type });
      expect([status, body]).toMatchObject([200, { updated_count: 1 }]);
      expect(await everything(admin, 'orders')).toEqual([order(1, { address: 'Rúa 1' })]);
    },
  );

  test('also packed', async () => {
    const admin = await administrator();
    await stored(admin, 'orders', [order(1)]);
    const answer = await admin.fetch('/api/v1/admin/import/orders/', {
      method: 'POST',
      headers: { 'Content-Type': 'text/csv', 'Content-Encoding': 'gzip' },
      body: new Uint8Array(gzipSync('ID,Address\r\n1,Rúa 1\r\n')),
    });
    expect([answer.status, await answer.json()]).toMatchObject([200, { updated_count: 1 }]);
    expect(await everything(admin, 'orders')).toEqual([order(1, { address: 'Rúa 1' })]);
  });

  test('and under no other: the refusal names them', async () => {
    const admin = await administrator();
    const csv = 'ID,Address\r\n1,x\r\n';
    for (const type of ['text/plain', 'application/pdf', 'text/tab-separated-values']) {
      const { status, body } = await send(admin, 'POST', '/import/orders/', csv, { 'Content-Type': type });
      expect([status, body.error.message]).toEqual([
        415,
        'The body must be application/json, text/csv, application/vnd.ms-excel or application/octet-stream',
      ]);
    }
  });

  test('in UTF-8 alone: a line of another encoding is named, and nothing is imported', async () => {
    const admin = await administrator();
    await stored(admin, 'orders', [order(1), order(2)]);
    const bytes = Buffer.from('ID,Address\r\n1,Street\r\n2,R\u00faa\r\n', 'latin1');
    for (const type of ['text/csv', 'application/vnd.ms-excel']) {
      const answer = await admin.fetch('/api/v1/admin/import/orders/', {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: new Uint8Array(bytes),
      });
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { error: { details: { field: 'body', issue: expect.stringContaining('line 3, column 4') } } },
      ]);
    }
    expect(await everything(admin, 'orders')).toEqual([order(1), order(2)]);
  });

  test('also where an accented letter of another encoding is the last byte', async () => {
    const admin = await administrator();
    await stored(admin, 'orders', [order(1)]);
    for (const [bytes, place] of [
      [Buffer.from('ID,Address\n1,Jos\u00e9', 'latin1'), 'line 2, column 6'],
      [Buffer.from('ID,Address\n1,Jos\u00e9').subarray(0, -1), 'line 2, column 6'],
      [Buffer.from('\uFEFFID,Address\n1,x', 'utf16le'), 'line 1, column 1'],
    ] as const) {
      const answer = await admin.fetch('/api/v1/admin/import/orders/', {
        method: 'POST',
        headers: { 'Content-Type': 'text/csv' },
        body: new Uint8Array(bytes),
      });
      expect([answer.status, await answer.json()]).toEqual([
        400,
        refusal('body', `The body must be UTF-8 without U+FFFD, which it is not at ${place}`),
      ]);
    }
    expect(await everything(admin, 'orders')).toEqual([order(1)]);
  });
});
