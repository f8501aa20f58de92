import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { newPatients } from '../patients/fixtures.ts';
import { BATCH, created, everybody, send, unknownId } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';
import { ownServiceOfFile } from './own.ts';
import { raw } from './raw.ts';

const one = JSON.stringify(newPatients(1));
const create = (person: Person, path = BATCH, headers = {}) => send(person, 'POST', path, one, headers);

interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

const limitOf = ({ headers }: Answered) => ({
  limit: headers.get('x-ratelimit-limit'),
  remaining: headers.get('x-ratelimit-remaining'),
});

async function times<T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let n = 0; n < count; n++) all.push(await work(n));
  return all;
}

test('of 40 calls at once exactly 10 are let in, and they alone do something', async () => {
  const person = await somebody();
  const answers = await Promise.all(Array.from({ length: 40 }, () => create(person)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
  expect(await everybody(person)).toHaveLength(10);
});

test('several users at once get 10 calls each', async () => {
  const people = await Promise.all(Array.from({ length: 5 }, () => somebody()));
  const counts = await Promise.all(
    people.map(async (person) => {
      const answers = await Promise.all(Array.from({ length: 16 }, () => create(person)));
      return answers.filter(({ status }) => status === 201).length;
    }),
  );
  expect(counts).toEqual([10, 10, 10, 10, 10]);
});

test('every answer has the limit, the calls that remain, and the instant of the next one', async () => {
  const person = await somebody();
  const before = Math.floor(Date.now() / 1000);
  const answers = await times(11, () => create(person));
  expect(answers.map(limitOf)).toEqual(
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0].map((remaining) => ({ limit: '10', remaining: String(remaining) })),
  );
  for (const { headers } of answers) {
    const reset = Number(headers.get('x-ratelimit-reset'));
    expect(reset).toBeGreaterThan(before);
    expect(reset).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 60);
  }
});

test('the answer to one call too many has the same time to wait in its text, its header and its reset', async () => {
  const person = await somebody();
  await times(10, () => create(person));
  const asked = Math.floor(Date.now() / 1000);
  const answer = await create(person);
  expect(answer.status).toBe(429);
  const seconds = Number(answer.headers.get('retry-after'));
  expect(JSON.parse(answer.text)).toEqual({
    detail: `Rate limit exceeded. Try again in ${seconds} seconds.`,
  });
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(61);
  const answered = Math.ceil(Date.now() / 1000);
  const reset = Number(answer.headers.get('x-ratelimit-reset'));
  expect(answered + seconds).toBeGreaterThanOrEqual(reset);
  expect(asked + seconds).toBeLessThanOrEqual(reset + 1);
});

test('answers of every kind carry the limit', async () => {
  const person = await somebody();
  const calls: [number, () => Promise<Answered>][] = [
    [422, () => send(person, 'POST', BATCH, '[{}]')],
    [422, () => send(person, 'POST', BATCH, '{')],
    [422, () => send(person, 'POST', BATCH, one, { 'Idempotency-Key': 'x'.repeat(256) })],
    [413, () => send(person, 'POST', BATCH, JSON.stringify(newPatients(501)))],
    [404, () => send(person, 'PUT', BATCH, JSON.stringify([{ id: unknownId() }]))],
    [200, () => send(person, 'DELETE', BATCH, '["x"]')],
  ];
  for (const [status, call] of calls) {
    const answer = await call();
    expect(answer.status).toBe(status);
    expect(limitOf(answer)).toEqual({ limit: '10', remaining: expect.stringMatching(/^\d$/) });
    expect(answer.headers.get('x-ratelimit-reset')).toMatch(/^\d{10}$/);
  }
});

test('each of creating, updating and deleting has its own limit', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1);
  await times(9, () => create(person));
  expect((await create(person)).status).toBe(429);
  const update = await send(person, 'PUT', BATCH, JSON.stringify([{ id: patient?.id }]));
  const remove = await send(person, 'DELETE', BATCH, '["x"]');
  expect([update.status, remove.status]).toEqual([200, 200]);
  expect([limitOf(update), limitOf(remove)]).toEqual([
    { limit: '10', remaining: '9' },
    { limit: '10', remaining: '9' },
  ]);
});

test('a limit counts one user of one tenant', async () => {
  const person = await somebody();
  await times(10, () => create(person));
  const colleague = await somebody({ tenantId: person.tenantId });
  const namesake = await somebody({ userId: person.userId });
  const sameUser = await somebody({ tenantId: person.tenantId, userId: person.userId, role: 'admin' });
  expect((await create(colleague)).status).toBe(201);
  expect((await create(namesake)).status).toBe(201);
  expect((await create(sameUser)).status).toBe(429);
});

test('no spelling of a path or header gets a call more', async () => {
  const person = await somebody();
  const forms: [string, [string, string][]][] = [
    [BATCH, []],
    [`${BATCH}/`, []],
    [`${BATCH}?x=1`, []],
    [`${BATCH}/?limit=5`, [['X-Forwarded-For', '10.1.2.3']]],
    [BATCH, [['x-forwarded-for', '10.1.2.4, 10.9.9.9']]],
    [BATCH, [['X-Real-Ip', '10.1.2.5']]],
    [BATCH, [['User-Agent', 'somebody else']]],
    [BATCH, [['Forwarded', 'for=192.0.2.60']]],
  ];
  const answers = await times(24, (n) => {
    const [path, headers] = forms[n % forms.length] ?? [BATCH, []];
    return raw(inject('url') + path, {
      method: 'POST',
      headers: [
        [n % 2 ? 'AUTHORIZATION' : 'authorization', `${n % 3 ? 'Bearer' : 'bearer'} ${person.token}`],
        ['Content-Type', 'application/json'],
        ...headers,
      ],
      body: one,
    });
  });
  // A query that the call does not have is refused, and counts.
  const counted = answers.map(({ status }) => (status === 422 ? 201 : status));
  expect(counted).toEqual([...Array(10).fill(201), ...Array(14).fill(429)]);
});

test('another token of the same user gets no call more', async () => {
  const { userId, tenantId } = await somebody();
  const answers = await times(12, async () => create(await somebody({ userId, tenantId })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
});

test('calls that are refused for their shape count, those that are refused for their token or role do not', async () => {
  const person = await somebody();
  const viewer = await somebody({ role: 'viewer', userId: person.userId, tenantId: person.tenantId });
  await times(5, () => create(viewer));
  await times(5, () => create(person, BATCH, { Authorization: 'Bearer x' }));
  await times(9, () => send(person, 'POST', BATCH, '[{}]'));
  const last = await create(person);
  expect([last.status, limitOf(last).remaining]).toEqual([201, '0']);
  expect((await create(person)).status).toBe(429);
});

test('routes without a limit do not speak of one', async () => {
  const person = await somebody();
  for (const path of ['/api/v1/patients', '/api/v1/dashboard', '/health'])
    expect(limitOf(await send(person, 'GET', path))).toEqual({ limit: null, remaining: null });
});

describe('with a limit of the stage’s settings in place of the contract’s', () => {
  let own: Awaited<ReturnType<typeof ownServiceOfFile>>;
  beforeAll(async () => {
    own = await ownServiceOfFile({
      settings: { rateLimits: { 'patients.create': '3/2', 'patients.remove': '3/600' } },
    });
  });

  test('that is the limit, for this endpoint alone', async () => {
    const person = await own.person();
    const remove = () => send(person, 'DELETE', BATCH, '["x"]');
    const answers = await Promise.all(Array.from({ length: 12 }, remove));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(new Set(answers.map(({ headers }) => headers.get('x-ratelimit-limit')))).toEqual(new Set(['3']));
    const update = await send(person, 'PUT', BATCH, JSON.stringify([{ id: unknownId() }]));
    expect(update.headers.get('x-ratelimit-limit')).toBe('10');
  });

  test('a client that waits for that long is admitted, and a rejected call may use its key again', async () => {
    const person = await own.person();
    await times(3, () => create(person));
    const key = { 'Idempotency-Key': randomUUID() };
    const refused = await create(person, BATCH, key);
    expect(refused.status).toBe(429);
    await new Promise((resolve) => setTimeout(resolve, Number(refused.headers.get('retry-after')) * 1000));
    const admitted = await create(person, BATCH, key);
    expect([admitted.status, admitted.headers.get('idempotency-replayed')]).toEqual([201, null]);
    const replayed = await create(person, BATCH, key);
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect(await everybody(person)).toHaveLength(4);
  });
});
