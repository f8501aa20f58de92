import { describe, expect, inject, test } from 'vitest';
import { BATCH } from '../patients/helpers.ts';
import { somebody } from '../people.ts';
import { raw } from './raw.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ask = (id: [string, string][], path = '/health') => raw(inject('url') + path, { headers: id });

describe('a request id of the caller’s comes back', () => {
  test.each(['a', 'A-1._z', '0', 'x'.repeat(128)])('%s', async (id) => {
    expect((await ask([['X-Request-Id', id]])).headers['x-request-id']).toBe(id);
    expect((await ask([['x-request-id', id]])).headers['x-request-id']).toBe(id);
    expect((await ask([['X-REQUEST-ID', id]], '/nowhere')).headers['x-request-id']).toBe(id);
  });
});

describe('in place of a request id that could do harm there is a new one', () => {
  test.each(['', ' ', 'a b', 'x'.repeat(129), 'a/b', 'a"b', '{"level":"error"}', 'a;b', 'ü', '<script>'])(
    '%s',
    async (id) => {
      const answer = await ask([['X-Request-Id', id]]);
      expect(answer.status).toBe(200);
      expect(answer.headers['x-request-id']).toMatch(uuid);
    },
  );
});

test('every answer has a request id of its own', async () => {
  const { token } = await somebody();
  const authorized: [string, string][] = [['Authorization', `Bearer ${token}`]];
  const answers = [
    await ask([]),
    await ask([], '/nowhere'),
    await ask([], '/api/v1/patients'),
    await ask(authorized, '/api/v1/patients'),
    await ask(authorized, '/api/v1/patients/x'),
    await ask(authorized, '/api/v1/audit-logs'),
    await raw(inject('url') + BATCH, { method: 'POST', headers: authorized, body: '{' }),
    await raw(inject('url') + BATCH, { method: 'PATCH' }),
    await raw(inject('url') + BATCH, { method: 'OPTIONS' }),
    await raw(inject('url') + BATCH, { method: 'POST', headers: authorized, body: 'x'.repeat(5_300_000) }),
    await raw(inject('url') + BATCH, { method: 'POST', headers: authorized, body: 'x'.repeat(7_000_000) }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([
    200, 404, 401, 200, 422, 403, 422, 405, 204, 413, 413,
  ]);
  const ids = answers.map(({ headers }) => headers['x-request-id']);
  for (const id of ids) expect(id).toMatch(uuid);
  expect(new Set(ids).size).toBe(ids.length);
});
