import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Person, somebody } from '../people.ts';
import { created, everybody, flaw, PATIENTS, type Patient } from './helpers.ts';

interface Page {
  patients: Patient[];
  total: number;
  limit: number;
  offset: number;
  next_cursor: string | null;
}

async function page(person: Person, query: Record<string, string | number> = {}): Promise<Page> {
  const result = await person.api.patients.list({ query });
  if (!result.ok) throw new Error(`not listed: ${result.status} ${JSON.stringify(result.body)}`);
  return result.body;
}

test('lists patients in the order of their creation, 50 unless told', async () => {
  const person = await somebody();
  const patients = [...(await created(person, 30)), ...(await created(person, 30))];
  const first = await page(person);
  expect(first).toEqual({
    patients: patients.slice(0, 50),
    total: 60,
    limit: 50,
    offset: 0,
    next_cursor: expect.any(String),
  });
  expect(await page(person, { offset: 50 })).toEqual({
    patients: patients.slice(50),
    total: 60,
    limit: 50,
    offset: 50,
    next_cursor: null,
  });
});

test('a tenant without patients has an empty list', async () => {
  expect(await page(await somebody())).toEqual({
    patients: [],
    total: 0,
    limit: 50,
    offset: 0,
    next_cursor: null,
  });
});

describe('pages show everybody once, by offset as by cursor', () => {
  test.each([1, 7, 100, 115, 499])('in pages of %i', async (limit) => {
    const person = await somebody();
    const size = limit === 1 ? 5 : 230;
    const patients = [...(await created(person, size / 5)), ...(await created(person, (size * 4) / 5))];
    const byOffset: Patient[] = [];
    for (let offset = 0; ; offset += limit) {
      const { patients: some, total } = await page(person, { limit, offset });
      expect(total).toBe(size);
      byOffset.push(...some);
      if (some.length < limit) break;
    }
    expect(byOffset).toEqual(patients);
    const byCursor: Patient[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const some: Page = await page(person, { limit, ...(cursor ? { cursor } : {}) });
      expect(some.total).toBe(size);
      if (some.next_cursor !== null) expect(some.patients).toHaveLength(limit);
      byCursor.push(...some.patients);
      cursor = some.next_cursor;
    }
    expect(byCursor).toEqual(patients);
  });
});

test('an offset behind the last patient gives an empty page with the total', async () => {
  const person = await somebody();
  await created(person, 3);
  expect(await page(person, { offset: 3 })).toMatchObject({ patients: [], total: 3, next_cursor: null });
  expect(await page(person, { offset: 999_999_999 })).toMatchObject({ patients: [], total: 3 });
});

test('a cursor goes on where its page ended, although patients before and behind it come and go', async () => {
  const person = await somebody();
  const [one, two, three, four] = await created(person, 4);
  const { next_cursor } = await page(person, { limit: 2 });
  await person.api.patients.remove({ body: [one?.id, two?.id, three?.id] });
  const [five] = await created(person, 1);
  const rest = await page(person, { limit: 10, cursor: next_cursor ?? '' });
  expect(rest.patients).toEqual([four, five]);
  expect(rest.total).toBe(2);
});

const integer = (name: string) => flaw(['query', name], 'value is not a valid integer', 'type_error.integer');
const notBelow = (limit: number) =>
  flaw(
    ['query', 'limit'],
    `ensure this value is greater than or equal to ${limit}`,
    'value_error.number.not_ge',
    {
      limit_value: limit,
    },
  );

const words = ['abc', '', '1e3', '-1', '1.5', '0x10', '%205', '%D9%A3'];
const refusedQueries: [string, ReturnType<typeof flaw>[]][] = [
  ['limit=0', [notBelow(1)]],
  ...words.map((word): [string, ReturnType<typeof flaw>[]] => [`limit=${word}`, [integer('limit')]]),
  ...words.map((word): [string, ReturnType<typeof flaw>[]] => [`offset=${word}`, [integer('offset')]]),
  ['offset=9007199254740993', [integer('offset')]],
  ['limit=x&offset=y', [integer('limit'), integer('offset')]],
];

describe('a query that is not valid is refused', () => {
  test.each(refusedQueries)('%s', async (query, detail) => {
    const { fetch } = await somebody();
    const response = await fetch(`${PATIENTS}?${query}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({ detail });
  });
});

test('limits of 1 and 500 are allowed', async () => {
  const person = await somebody();
  await created(person, 2);
  expect(await page(person, { limit: 1 })).toMatchObject({ limit: 1, patients: [{}] });
  expect(await page(person, { limit: 500 })).toMatchObject({ limit: 500 });
});

const place = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
const notOurs = flaw(['query', 'cursor'], 'value is not a cursor of this list', 'value_error.cursor');

describe('a cursor that this list did not give is refused', () => {
  test.each([
    ['a word', 'abc'],
    ['nothing', ''],
    ['a list of one part', place('x')],
    ['an object', Buffer.from('{"a":1}').toString('base64url')],
    ['numbers', place(1, 2)],
    ['an empty id', place('own', '')],
    ['an id longer than a key', place('own', 'x'.repeat(3_000))],
    ['an id that is no id', place('own', 'zzz')],
    ['half a character', place('own', '\ud800')],
    ['an id with NUL', place('own', '\u0000')],
  ])('%s', async (_, cursor) => {
    const person = await somebody({ tenantId: 'own' });
    const response = await person.fetch(`${PATIENTS}?cursor=${cursor}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({ detail: [notOurs] });
  });

  test('one of the audit log', async () => {
    const admin = await somebody({ role: 'admin' });
    await created(admin, 3);
    const log = await admin.api.patients.auditLogs({ query: { limit: 1 } });
    if (!log.ok || !log.body.next_cursor) throw new Error('no cursor');
    const result = await admin.api.patients.list({ query: { cursor: log.body.next_cursor } });
    expect(result.status).toBe(422);
  });
});

test('a cursor of another tenant shows nobody of theirs', async () => {
  const [person, other] = [await somebody(), await somebody()];
  const [own] = await created(person, 1);
  const theirs = await created(other, 3);
  const { next_cursor } = await page(other, { limit: 1 });
  const response = await person.fetch(`${PATIENTS}?cursor=${next_cursor}`);
  const text = await response.text();
  for (const { id } of theirs) expect(text).not.toContain(id);
  expect(await everybody(person)).toEqual([own]);
});

describe('a list is remembered until something changes, and never longer', () => {
  const cacheOf = async (person: Person, path = PATIENTS) =>
    (await person.fetch(path)).headers.get('x-cache');

  test('the second reading is a hit; after a batch it is a miss and has the batch', async () => {
    const person = await somebody();
    const [patient] = await created(person, 1);
    expect(await cacheOf(person)).toBe('miss');
    expect(await cacheOf(person)).toBe('hit');
    await created(person, 1);
    expect(await cacheOf(person)).toBe('miss');
    expect(await cacheOf(person)).toBe('hit');
    await person.api.patients.update({ body: [{ id: patient?.id, last_name: 'Byron' }] });
    expect(await everybody(person)).toMatchObject([{ last_name: 'Byron' }, {}]);
    await person.api.patients.remove({ body: [patient?.id] });
    expect(await everybody(person)).toMatchObject([{ last_name: 'Lovelace' }]);
  });

  test('a batch of another tenant does not matter', async () => {
    const person = await somebody();
    await created(person, 1);
    await cacheOf(person);
    await created(await somebody(), 1);
    expect(await cacheOf(person)).toBe('hit');
  });

  test('nobody reads an old list after the answer to a batch, whichever container they reach', async () => {
    const person = await somebody();
    for (let total = 1; total <= 9; total++) {
      await created(person, 1);
      const seen = await Promise.all(Array.from({ length: 12 }, () => page(person)));
      expect(seen.map((one) => one.total)).toEqual(Array.from({ length: 12 }, () => total));
      expect(seen.every(({ patients }) => patients.length === total)).toBe(true);
    }
  });
});

test('a tenant to narrow the list to is ignored unless a super_admin asks', async () => {
  const [person, other] = [await somebody({ role: 'admin' }), await somebody()];
  const own = await created(person, 1);
  await created(other, 1);
  expect((await page(person, { tenant_id: other.tenantId })).patients).toEqual(own);
});

test('a viewer may read, a stranger may not', async () => {
  const person = await somebody();
  const patients = await created(person, 1);
  const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId, userId: randomUUID() });
  expect((await page(viewer)).patients).toEqual(patients);
  const stranger = await person.api.patients.list({ headers: { Authorization: '' } });
  expect(stranger.status).toBe(401);
  expect(stranger.body).toEqual({ detail: 'Not authenticated' });
});

test('a page of patients with the longest histories is answered, and pages still show everybody once', async () => {
  const person = await somebody();
  const long = { medical_history: '医'.repeat(10_000) };
  const patients = [...(await created(person, 150, long)), ...(await created(person, 150, long))];
  expect((await everybody(person)).map(({ id }) => id)).toEqual(patients.map(({ id }) => id));
});
