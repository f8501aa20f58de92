import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import {
  administrator,
  colleague,
  everything,
  minute,
  order,
  refusal,
  send,
  several,
  stored,
} from './records.ts';

const path = '/export/orders/';

test('exports orders in the order of their creation, with a display text and money as text', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [
    order(2, { created_at: minute(9), status: 'completed', professional: null, scheduled_date: null }),
    order(1, { created_at: minute(9) }),
    order(3, { created_at: minute(5) }),
  ]);
  const answer = await send(admin, 'GET', path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json');
  const { status, scheduled_date, professional, ...rest } = order(2, { created_at: minute(9) });
  expect(answer.body).toEqual({
    ...{ count: 3, limit: 1_000, offset: 0, has_more: false, next_offset: null, next_cursor: null },
    results: [
      { ...order(3, { created_at: minute(5) }), status_display: 'Pendente' },
      { ...order(1, { created_at: minute(9) }), status_display: 'Pendente' },
      {
        ...{ ...rest, professional: null, scheduled_date: null },
        ...{ status: 'completed', status_display: 'Concluído' },
      },
    ],
  });
  expect(Object.keys(answer.body.results[0])).toEqual(
    'id customer service professional status status_display scheduled_date total_price address notes created_at updated_at'.split(
      ' ',
    ),
  );
});

test('exports CSV with its columns, its totals in headers, and a file name of the server’s time', async () => {
  const admin = await administrator();
  await stored(
    admin,
    'orders',
    several(3, (id) => order(id, { status: 'completed' })),
  );
  const answer = await send(admin, 'GET', `${path}?format=csv&limit=2&offset=1`);
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(answer.headers.get('content-disposition')).toMatch(
    /^attachment; filename="orders_export_20\d{6}_\d{6}\.csv"$/,
  );
  expect(['x-total-count', 'x-offset', 'x-limit'].map((name) => answer.headers.get(name))).toEqual([
    '3',
    '1',
    '2',
  ]);
  expect(answer.text).toBe(
    [
      'ID,Customer,Customer Email,Service,Professional,Status,Scheduled Date,Total Price,Address,Created At,Updated At',
      ...[2, 3].map(
        (id) =>
          `${id},john_doe,john@example.com,Plumbing Repair,jane_plumber,Concluído,2025-11-20 14:00,150.00,123 Main St,2025-01-01 00:0${id}:00,2025-01-01 00:0${id}:00`,
      ),
      '',
    ].join('\r\n'),
  );
});

test('a CSV begins with a byte order mark for those who ask for it, and can be imported again', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1, { address: '1 Rúa; São\tPaulo' })]);
  const plain = await admin.fetch(`/api/v1/admin${path}?format=csv&bom=false`);
  expect((await admin.fetch(`/api/v1/admin${path}?bom=false`)).status).toBe(200);
  const marked = await admin.fetch(`/api/v1/admin${path}?format=csv&bom=true`);
  const [one, other] = [Buffer.from(await plain.arrayBuffer()), Buffer.from(await marked.arrayBuffer())];
  expect(other.subarray(0, 3).toString('hex')).toBe('efbbbf');
  expect(other.subarray(3).equals(one)).toBe(true);
  // Some spreadsheets part cells at a semicolon or a TAB that is not quoted.
  expect(one.toString()).toContain(',"1 Rúa; São\tPaulo",');
  const again = await send(admin, 'POST', '/import/orders/', other.toString());
  expect(again.body).toMatchObject({ unchanged_count: 1, total_count: 1 });
});

test('a range of days up to the last one that there is has all', async () => {
  const admin = await administrator();
  await stored(
    admin,
    'orders',
    several(3, (id) => order(id)),
  );
  for (const end of ['9999-12-31', '9999-12-30', '2199-12-31'])
    expect((await send(admin, 'GET', `${path}?start_date=1900-01-01&end_date=${end}`)).body.count).toBe(3);
  expect((await send(admin, 'GET', `${path}?start_date=9999-12-31&end_date=9999-12-31`)).body.count).toBe(0);
});

test('says it in English to whoever prefers that', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1, { status: 'in_progress' })]);
  const languages = {
    en: 'In Progress',
    'en-GB,pt;q=0.5': 'In Progress',
    en_US: 'In Progress',
    'pt,en': 'Em Andamento',
    fr: 'Em Andamento',
  };
  for (const [language, display] of Object.entries(languages)) {
    const { body } = await send(admin, 'GET', path, undefined, { 'Accept-Language': language });
    expect(body.results[0]).toMatchObject({ status: 'in_progress', status_display: display });
  }
  const csv = await send(admin, 'GET', `${path}?format=csv`, undefined, { 'Accept-Language': 'en' });
  expect(csv.text).toContain(',In Progress,');
});

describe('with 1,300 orders of two years', () => {
  const days = (n: number) => new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10);
  const all = several(1_300, (id) =>
    order(id, {
      status: id % 3 === 0 ? 'completed' : 'pending',
      created_at: `${days((id * 7) % 600)}T${id % 2 ? '00:00:00' : '23:59:59'}Z`,
    }),
  );
  const inOrder = all.toSorted((one, other) =>
    one.created_at === other.created_at ? one.id - other.id : one.created_at < other.created_at ? -1 : 1,
  );
  const filled = administrator().then(async (admin) => {
    await stored(admin, 'orders', all);
    return admin;
  });

  test.each([
    ['', () => true],
    ['&status=completed', ({ status }) => status === 'completed'],
    ['&status=cancelled', () => false],
    ['&start_date=2024-02-29', ({ created_at }) => created_at >= '2024-02-29'],
    ['&end_date=2024-02-29', ({ created_at }) => created_at < '2024-03-01'],
    [
      '&start_date=2024-03-05&end_date=2025-01-07&status=pending',
      ({ created_at, status }) =>
        created_at >= '2024-03-05' && created_at < '2025-01-08' && status === 'pending',
    ],
    ['&start_date=2024-03-05&end_date=2024-03-05', ({ created_at }) => created_at.startsWith('2024-03-05')],
  ] as [string, (one: ReturnType<typeof order>) => boolean][])(
    'the pages of ?%s are exactly those orders, once each, by offset and by cursor',
    async (query, isOne) => {
      const admin = await filled;
      const expected = inOrder.filter(isOne).map(({ id }) => id);
      const size = 170;
      for (const by of ['offset', 'cursor'] as const) {
        const seen: number[] = [];
        let next = '';
        for (;;) {
          const { body } = await send(await colleague(admin), 'GET', `${path}?limit=${size}${query}${next}`);
          expect(body).toMatchObject({ count: expected.length, limit: size, offset: seen.length });
          seen.push(...body.results.map(({ id }: { id: number }) => id));
          expect(body.has_more).toBe(seen.length < expected.length);
          expect(body.next_offset).toBe(body.has_more ? seen.length : null);
          if (!body.has_more) break;
          next = by === 'offset' ? `&offset=${body.next_offset}` : `&cursor=${body.next_cursor}`;
        }
        expect(seen).toEqual(expected);
      }
    },
  );

  test('what lies beyond the end is empty, and more than 10,000 is taken for 10,000', async () => {
    const admin = await filled;
    const beyond = await send(await colleague(admin), 'GET', `${path}?offset=1300`);
    expect(beyond.body).toMatchObject({ count: 1_300, results: [], has_more: false, next_offset: null });
    const { body } = await send(await colleague(admin), 'GET', `${path}?limit=999999999`);
    expect(body).toMatchObject({ limit: 10_000, count: 1_300 });
    expect(body.results).toHaveLength(1_300);
  });
});

test('an independent reader finds in the CSV what the JSON has, whatever the texts are', async () => {
  const admin = await administrator();
  const texts = [
    'quote " and, comma; semicolon',
    'two\nlines',
    'two\r\nlines and a \r alone',
    '=HYPERLINK("http://evil.example","x")',
    '+1,50',
    '-1,50',
    '@SUM(A1)',
    '\tTAB',
    '\rCR',
    "'=already safe",
    "'quoted'",
    ' spaces ',
    'ação, 東京, 🙂',
    '',
    'N/A',
    '0',
  ];
  const records = texts.map((text, index) => order(index + 1, { address: text }));
  await stored(admin, 'orders', records);
  expect(await everything(admin, 'orders')).toEqual(records);
  const { text } = await send(admin, 'GET', `${path}?format=csv`);
  const rows: Record<string, string>[] = parse(text, { columns: true, record_delimiter: '\r\n' });
  for (const [index, row] of rows.entries()) {
    const raw = texts[index] ?? '';
    const isFormula = /^[=+\-@\t\r]/.test(raw);
    if (isFormula) expect(row.Address).toBe(`'${raw}`);
    else if (raw !== "'=already safe") expect(row.Address).toBe(raw);
  }
  const other = await administrator();
  await stored(
    other,
    'orders',
    records.map((one) => ({ ...one, address: 'x' })),
  );
  expect((await send(other, 'POST', '/import/orders/', text)).status).toBe(200);
  expect(await everything(other, 'orders')).toEqual(records);
});

test.each([
  ['format=xml', 'format', 'must be one of json, csv'],
  ['bom=true', 'bom', 'is for a CSV alone: add format=csv'],
  ['format=json&bom=1', 'bom', 'is for a CSV alone: add format=csv'],
  ['format=CSV', 'format', 'must be one of json, csv'],
  ['status=banana', 'status', 'must be one of pending, confirmed, in_progress, completed, cancelled'],
  ['limit=abc', 'limit', 'must be a whole number from 1 up'],
  ['limit=0', 'limit', 'must be a whole number from 1 up'],
  ['limit=-1', 'limit', 'must be a whole number from 1 up'],
  ['limit=1e3', 'limit', 'must be a whole number from 1 up'],
  ['limit=', 'limit', 'must be a whole number from 1 up'],
  ['limit=1&limit=2', 'limit', 'must not be repeated'],
  ['offset=-5', 'offset', 'must be a whole number of at most nine digits'],
  ['offset=9007199254740992', 'offset', 'must be a whole number of at most nine digits'],
  ['start_date=2025-02-30', 'start_date', 'must be a date as YYYY-MM-DD'],
  ['end_date=yesterday', 'end_date', 'must be a date as YYYY-MM-DD'],
  ['start_date=2025-02-02&end_date=2025-02-01', 'end_date', 'must not be before start_date'],
  ['cursor=nonsense', 'cursor', 'must be the next_cursor of an earlier answer'],
])('refuses ?%s', async (query, field, issue) => {
  const answer = await send(await administrator(), 'GET', `${path}?${query}`);
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual(refusal(field, issue));
});

test('an export is empty for a tenant without orders, and never shows those of another', async () => {
  await stored(await administrator(), 'orders', [order(1)]);
  const { status, body } = await send(await administrator(), 'GET', path);
  expect([status, body.count, body.results]).toEqual([200, 0, []]);
});

test('counts agree with what is exported while others write', async () => {
  const admin = await administrator();
  const ids = several(60, (id) => id);
  await stored(
    admin,
    'orders',
    ids.map((id) => order(id)),
  );
  let writing = true;
  const writer = (async () => {
    for (let round = 0; writing; round++) {
      const status = round % 2 ? 'pending' : 'confirmed';
      await send(admin, 'POST', '/bulk/orders/update-status/', {
        ...{ order_ids: ids.slice(round % 40, (round % 40) + 20), status, force: true },
      });
      await stored(admin, 'orders', [order(1_000 + round)]);
    }
  })();
  const readers = Array.from({ length: 5 }, async (_, n) => {
    const reader = await colleague(admin);
    for (let round = 0; round < 4; round++) {
      const { status, body } = await send(reader, 'GET', `${path}${n % 2 ? '?status=pending' : ''}`);
      expect(status).toBe(200);
      expect(body.results).toHaveLength(body.count);
    }
  });
  await Promise.all(readers).finally(() => {
    writing = false;
  });
  await writer;
  const total = await send(admin, 'GET', path);
  const parts = await Promise.all(
    ['pending', 'confirmed'].map((status) => send(admin, 'GET', `${path}?status=${status}`)),
  );
  expect(parts.reduce((sum, { body }) => sum + body.count, 0)).toBe(total.body.count);
});
