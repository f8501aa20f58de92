import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { order, service, stored, user } from '../admin/records.ts';
import { newPatients } from '../patients/fixtures.ts';
import { BATCH, created, everybody } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';
import { contracts, refusalStatus, somePath } from './contracts.ts';

const strict = contracts.filter(([, { ignoresQuery }]) => !ignoresQuery);

const call = (person: Person, { method, ...endpoint }: Endpoint, query: string) =>
  person.fetch(`${somePath({ method, ...endpoint })}?${query}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
  });

describe('a parameter that a call does not have is refused by its name', () => {
  test.each(strict)('%s', async (_, endpoint) => {
    const admin = await somebody({ role: 'admin', claims: { creator: 'somebody' } });
    for (const name of ['dry_runn', 'Status', 'status[]', '__proto__']) {
      const answer = await call(admin, endpoint, `${encodeURIComponent(name)}=true`);
      expect({ name, status: answer.status }).toEqual({ name, status: refusalStatus(endpoint) });
      expect(await answer.text()).toContain(`${name}`);
    }
  });
});

describe('a parameter that comes twice is refused by its name, also with the same value', () => {
  test.each(strict.filter(([, { query }]) => query))('%s', async (_, endpoint) => {
    const admin = await somebody({ role: 'admin' });
    for (const name of Object.keys(endpoint.query?.shape ?? {})) {
      const answer = await call(admin, endpoint, `${name}=1&${name}=1`);
      expect({ name, status: answer.status }).toEqual({ name, status: refusalStatus(endpoint) });
      expect(await answer.text()).toContain(name);
    }
  });
});

test('probes, metrics and the description of the API ignore whatever query they get', async () => {
  const open = contracts.filter(([, { ignoresQuery }]) => ignoresQuery);
  expect(open.map(([name]) => name)).toEqual(['ops.health', 'ops.ready', 'ops.metrics', 'ops.openapi']);
  const person = await somebody();
  for (const [, endpoint] of open) expect((await call(person, endpoint, 'cache=1&cache=2')).status).toBe(200);
});

describe('each API words it in its own shape', () => {
  const refused = async (path: string) => {
    const admin = await somebody({ role: 'admin' });
    return await (await admin.fetch(path)).json();
  };

  test('patients: every one of them, as FastAPI with pydantic does', async () => {
    expect(await refused('/api/v1/patients?Limit=5&limit=1&limit=2&search=x')).toEqual({
      detail: [
        { loc: ['query', 'Limit'], msg: 'extra fields not permitted', type: 'value_error.extra' },
        { loc: ['query', 'limit'], msg: 'repeated fields not permitted', type: 'value_error.extra' },
        { loc: ['query', 'search'], msg: 'extra fields not permitted', type: 'value_error.extra' },
      ],
    });
  });

  test('messaging', async () => {
    expect(await refused('/api/messaging/contacts/?Search=x')).toMatchObject({
      ...{ success: false, error_code: 'VALIDATION_ERROR' },
      message: 'Search is not a parameter of this call',
      details: { field: 'Search', constraint: 'Search is not a parameter of this call' },
    });
  });

  test('cliniko', async () => {
    expect(await refused('/api/v1/cliniko/sync-logs/1?page=2')).toEqual({
      ...{ error: true, error_code: 'VALIDATION_ERROR' },
      message: 'Invalid request: page: is not a parameter of this call',
      details: { issues: [{ field: 'page', issue: 'is not a parameter of this call' }] },
    });
  });

  test('content', async () => {
    expect(await refused('/api/batches/creator/me?limit=1&limit=2')).toEqual({
      message: 'limit must not be repeated',
      error: 'VALIDATION_ERROR',
    });
  });

  test('administration', async () => {
    expect(await refused('/api/v1/admin/export/orders/?status[]=pending')).toEqual({
      error: {
        code: 'INVALID_PARAMETERS',
        message: 'Invalid request parameters',
        details: { field: 'status[]', issue: 'is not a parameter of this call' },
      },
    });
  });
});

test('a change with a parameter that it does not have changes nothing', async () => {
  const person = await somebody();
  const patients = await created(person, 2);
  const json = (method: string, path: string, body: unknown) =>
    person.fetch(path, {
      method,
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'one key' },
      body: JSON.stringify(body),
    });
  const ids = patients.map(({ id }) => id);
  expect((await json('DELETE', `${BATCH}?dry_runs=true`, ids)).status).toBe(422);
  expect((await json('POST', `${BATCH}?dry-run=true`, newPatients(1))).status).toBe(422);
  expect((await json('PUT', `${BATCH}?x`, [{ id: ids[0], phone: '+1' }])).status).toBe(422);
  expect(await everybody(person)).toEqual(patients);
  // The corrected call may use the key.
  expect((await json('DELETE', BATCH, ids)).status).toBe(200);
  expect(await everybody(person)).toEqual([]);
});

describe('a limit above the largest page counts as that, of however many digits', () => {
  test.each([
    ['/api/v1/patients', 500],
    ['/api/messaging/contacts/', 500],
    ['/api/batches/creator/nobody', 500],
    ['/api/v1/admin/async/', 100],
    ['/api/v1/admin/export/orders/', 10_000],
  ])('%s', async (path, limit) => {
    for (const digits of ['20000', '9999999999', '9'.repeat(400)]) {
      const admin = await somebody({ role: 'admin' });
      const answer = await admin.fetch(`${path}?limit=${digits}`);
      expect([answer.status, await answer.json()]).toMatchObject([200, { limit }]);
    }
  });
});

test.each([
  ['/api/v1/patients', 'tenant_id', 422],
  ['/api/messaging/contacts/', 'search', 400],
  ['/api/messaging/contacts/', 'tag', 400],
  ['/api/v1/cliniko/active-patients/1', 'search', 400],
])('%s?%s= with bytes that are not UTF-8 is refused', async (path, name, status) => {
  const admin = await somebody({ role: 'super_admin' });
  for (const value of ['%FF', 'a%C3', '%EF%BF%BD'])
    expect((await admin.fetch(`${path}?${name}=${value}`)).status).toBe(status);
});

test.each(['true', 'True', 'TRUE', '1', 'on', 'yes'])('is_active=%s is true', async (value) => {
  const admin = await somebody({ role: 'admin' });
  const answer = await admin.fetch(`/api/v1/admin/export/users/?is_active=${value}`);
  expect(answer.status).toBe(200);
});

test.each(['', 'wahr', '2', 'nul'])('is_active=%j is neither true nor false', async (value) => {
  const admin = await somebody({ role: 'admin' });
  const answer = await admin.fetch(`/api/v1/admin/export/users/?is_active=${value}`);
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { error: { details: { field: 'is_active', issue: 'must be true or false' } } },
  ]);
});

test.each([
  ['/api/v1/admin/export/orders/', 400],
  ['/api/v1/admin/export/users/', 400],
  ['/api/v1/admin/export/services/', 400],
  ['/api/v1/patients', 422],
])('%s with a cursor and an offset is refused, since one of them would be ignored', async (path, status) => {
  const admin = await somebody({ role: 'admin' });
  await created(admin, 2);
  await stored(admin, 'orders', [order(1), order(2)]);
  await stored(admin, 'users', [user(1), user(2)]);
  await stored(admin, 'services', [service(1), service(2)]);
  const first = (await (await admin.fetch(`${path}?limit=1`)).json()) as { next_cursor: string };
  const next = `${path}?cursor=${encodeURIComponent(first.next_cursor)}`;
  expect((await admin.fetch(`${next}&offset=0`)).status).toBe(200);
  const answer = await admin.fetch(`${next}&offset=1`);
  expect(answer.status).toBe(status);
  expect(await answer.text()).toMatch(/offset.*must not be given beside cursor/);
});
