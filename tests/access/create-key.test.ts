import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, inject, test } from 'vitest';
import { keyHash } from '../../core/http/api-key-text.ts';
import type { Role } from '../../core/http/caller.ts';
import { type Person, somebody } from '../people.ts';
import { tablesOf } from '../service/tables.ts';
import { KEYS, keysOf, machine, newKey, send } from './machines.ts';

const dayMs = 24 * 3_600_000;
const administrator = (claims: Record<string, unknown> = {}) => somebody({ role: 'admin', claims });
const fields = { name: 'Robot', role: 'user' };

const everyItem = async () => {
  const tables = tablesOf({ awsEndpoint: inject('awsEndpoint') });
  return await Promise.all(['apikeys', 'apikeyuses', 'guards', 'audit'].map((kind) => tables.scan(kind)));
};

/** A stored value as a text, unpacked where it can be. */
function textOf(value: unknown): string {
  if (!(value instanceof Uint8Array)) return JSON.stringify(value) ?? '';
  try {
    return gunzipSync(value).toString('utf8');
  } catch {
    return Buffer.from(value).toString('latin1');
  }
}

test('answers with the key once, which works for 90 days unless asked otherwise', async () => {
  const admin = await administrator();
  const before = Date.now();
  const { status, headers, body } = await send(admin, 'POST', KEYS, {
    name: ' Nightly import ',
    role: 'viewer',
  });
  expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
  expect(body).toEqual({
    ...{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: ' Nightly import ', role: 'viewer' },
    ...{ organization_id: null, creator: null, tenant_id: admin.tenantId, created_by: admin.userId },
    ...{ created_at: expect.any(String), expires_at: expect.any(String) },
    key: expect.stringMatching(/^bh_[0-9A-Za-z]{49}$/),
  });
  const lifeMs = Date.parse(body.expires_at) - before;
  expect(lifeMs).toBeGreaterThanOrEqual(90 * dayMs);
  expect(lifeMs).toBeLessThan(90 * dayMs + 30_000);
  expect((await machine(admin, body.key).api.patients.list()).status).toBe(200);
});

test('the text of a key is in no table, and its hash is', async () => {
  const admin = await administrator();
  const { key } = await newKey(admin);
  await machine(admin, key).api.patients.list();
  const stored = JSON.stringify(await everyItem());
  expect(stored).toContain(keyHash(key));
  expect(stored).not.toContain(key);
  expect(stored).not.toContain(key.slice(3, 40));
});

test('repeating the call with its Idempotency-Key gives the same key again, and stores it sealed', async () => {
  const admin = await administrator();
  const call = async (name = 'Robot') =>
    await admin.fetch(KEYS, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'one try' },
      body: JSON.stringify({ ...fields, name }),
    });
  const [first, again] = [await call(), await call()];
  expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true']);
  const { key } = (await first.json()) as { key: string };
  expect(await again.json()).toMatchObject({ key });
  expect((await call('Another')).status).toBe(422);
  expect(await keysOf(admin)).toHaveLength(1);
  const stored = (await everyItem()).flat().flatMap((item) => Object.values(item).map(textOf));
  expect(stored.length).toBeGreaterThan(10);
  expect(stored.filter((text) => text.includes(key))).toEqual([]);
});

describe('a role not above the own', () => {
  const below: [Role, Role[], Role[]][] = [
    ['admin', ['user', 'viewer', 'manager', 'admin'], ['super_admin']],
    ['super_admin', ['user', 'viewer', 'manager', 'admin', 'super_admin'], []],
  ];
  test.each(below)('%s', async (role, given, refused) => {
    const person = await somebody({ role });
    for (const one of given) {
      const organization = one === 'manager' ? { organization_id: '9' } : {};
      expect(await newKey(person, { role: one, ...organization })).toMatchObject({ role: one });
    }
    for (const one of refused) {
      const { status, body } = await send(person, 'POST', KEYS, { name: 'Robot', role: one });
      expect([status, body]).toEqual([403, { detail: 'The role of a key may not be above your own' }]);
    }
    expect(await keysOf(person)).toHaveLength(given.length);
  });

  test('a user, a viewer and a manager get no key at all', async () => {
    const tenantId = randomUUID();
    for (const role of ['user', 'viewer', 'manager'] as const) {
      const person = await somebody({ role, tenantId, claims: { organization_id: '9' } });
      expect((await send(person, 'POST', KEYS, fields)).status).toBe(403);
    }
    expect(await keysOf(await somebody({ role: 'admin', tenantId }))).toEqual([]);
  });
});

describe('an organization, where the role is bound to one', () => {
  test('is that of the key: a manager and a viewer see it and no other', async () => {
    const admin = await administrator();
    const settings = { name: 'Clinic', api_key: 'MS0xLWtleQ-au1', contact_email: 'it@example.com' };
    for (const orgId of [9, 10])
      expect((await send(admin, 'PUT', `/api/v1/cliniko/settings/${orgId}`, settings)).status).toBe(200);
    for (const role of ['manager', 'viewer']) {
      const { status, body } = await send(admin, 'POST', KEYS, { name: 'Robot', role, organization_id: 9 });
      expect([status, body.organization_id]).toEqual([201, 9]);
      const robot = machine(admin, body.key);
      const seen = ['9', '10'].map(
        async (id) => (await robot.fetch(`/api/v1/cliniko/settings/${id}`)).status,
      );
      expect(await Promise.all(seen)).toEqual([200, 404]);
    }
  });

  test.each([
    ['a manager of none', { role: 'manager' }, 'value_error.missing'],
    ['a manager of null', { role: 'manager', organization_id: null }, 'value_error.missing'],
    ['an admin of one', { role: 'admin', organization_id: '9' }, 'value_error.extra'],
    ['a user of one', { role: 'user', organization_id: '9' }, 'value_error.extra'],
  ])('%s is refused', async (_, more, type) => {
    const admin = await administrator();
    const { status, body } = await send(admin, 'POST', KEYS, { name: 'Robot', ...more });
    expect([status, body.detail]).toEqual([
      422,
      [{ loc: ['body', 'organization_id'], msg: expect.stringMatching(/organization/), type }],
    ]);
    expect(await keysOf(admin)).toEqual([]);
  });
});

test('a creator only of the own token, also for a super_admin', async () => {
  for (const role of ['admin', 'super_admin'] as const) {
    const [one, none] = await Promise.all([
      somebody({ role, claims: { creator: `SP-${role}` } }),
      somebody({ role }),
    ]);
    const { key } = await newKey(one, { role: 'user', creator: `SP-${role}` });
    const contentId = randomUUID();
    const items = [{ contentId, title: 'Title', contentType: 'video' }];
    const robot = machine(one, key);
    const registered = await send(robot, 'POST', '/api/content', { creator: `SP-${role}`, items });
    expect(registered.status).toBe(201);
    for (const person of [one, none]) {
      const { status, body } = await send(person, 'POST', KEYS, { ...fields, creator: 'SP-other' });
      expect([status, body.detail]).toEqual([403, expect.stringContaining('creator of your own token')]);
    }
    const plain = machine(one, (await newKey(one)).key);
    const refused = await send(plain, 'POST', '/api/content', {
      creator: `SP-${role}`,
      items: [{ contentId: randomUUID(), title: 'Title', contentType: 'video' }],
    });
    expect(refused.status).toBe(403);
    expect(await keysOf(none)).toEqual([]);
  }
});

describe('an expiry within a year', () => {
  test('is the asked one, whatever its offset', async () => {
    const admin = await administrator();
    const day = new Date(Date.now() + 10 * dayMs).toISOString().slice(0, 10);
    const { expires_at } = await newKey(admin, { expires_at: `${day}T12:00:00+02:00` });
    expect(expires_at).toBe(`${day}T10:00:00.000Z`);
    await newKey(admin, { expires_at: new Date(Date.now() + 365 * dayMs).toISOString() });
  });

  test.each([
    ['now', () => new Date().toISOString(), 'value_error.number.not_gt'],
    ['yesterday', () => new Date(Date.now() - dayMs).toISOString(), 'value_error.number.not_gt'],
    ['in 367 days', () => new Date(Date.now() + 367 * dayMs).toISOString(), 'value_error.number.not_le'],
    ['without offset', () => '2099-01-01T00:00:00', 'value_error.datetime'],
    ['a day', () => '2099-01-01', 'value_error.datetime'],
    ['a number', () => 4_000_000_000, 'value_error.datetime'],
    ['null', () => null, 'type_error.none.not_allowed'],
  ])('%s is refused, and no key is made', async (_, at, type) => {
    const admin = await administrator();
    const { status, body } = await send(admin, 'POST', KEYS, { ...fields, expires_at: at() });
    expect([status, body.detail]).toMatchObject([422, [{ loc: ['body', 'expires_at'], type }]]);
    expect(await keysOf(admin)).toEqual([]);
  });
});

test.each<[string, unknown, { loc: string[]; type: string }[]]>([
  ['no body', undefined, []],
  [
    'nothing',
    {},
    [
      { loc: ['body', 'name'], type: 'value_error.missing' },
      { loc: ['body', 'role'], type: 'value_error.missing' },
    ],
  ],
  [
    'a blank name and no such role',
    { name: ' ', role: 'root' },
    [
      { loc: ['body', 'name'], type: 'value_error.any_str.min_length' },
      { loc: ['body', 'role'], type: 'type_error.enum' },
    ],
  ],
  [
    'a name that is too long, or has a line break',
    { name: 'x'.repeat(101), role: 'user' },
    [{ loc: ['body', 'name'], type: 'value_error.any_str.max_length' }],
  ],
  [
    'a misspelt expiry, which would become the default',
    { ...fields, expires: '2027-01-01T00:00:00Z', expires_in: 5 },
    [
      { loc: ['body', 'expires'], type: 'value_error.extra' },
      { loc: ['body', 'expires_in'], type: 'value_error.extra' },
    ],
  ],
])('refuses %s, and makes no key', async (_, given, detail) => {
  const admin = await administrator();
  const { status, body } = await send(admin, 'POST', KEYS, given);
  expect(status).toBe(422);
  if (detail.length > 0)
    expect(body.detail.map(({ loc, type }: Record<string, unknown>) => ({ loc, type }))).toEqual(detail);
  expect(await keysOf(admin)).toEqual([]);
});

test('a super_admin makes keys of another tenant, an admin does not', async () => {
  const [admin, boss] = [await administrator(), await somebody({ role: 'super_admin' })];
  const { key } = await newKey(boss, { role: 'admin', tenant_id: admin.tenantId });
  expect(await keysOf(admin)).toMatchObject([{ created_by: boss.userId, tenant_id: admin.tenantId }]);
  expect(await keysOf(boss)).toEqual([]);
  expect(await keysOf(boss, `?tenant_id=${admin.tenantId}`)).toHaveLength(1);
  expect((await machine(admin, key).api.patients.auditLogs()).body).toMatchObject({
    logs: [{ action: 'CREATE', user_id: boss.userId, tenant_id: admin.tenantId }],
  });
  const refused = await send(admin, 'POST', KEYS, { ...fields, tenant_id: boss.tenantId });
  expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('super_admin')]);
  expect((await send(admin, 'POST', KEYS, { ...fields, tenant_id: admin.tenantId })).status).toBe(201);
  expect((await send(admin, 'GET', `${KEYS}?tenant_id=${boss.tenantId}`)).status).toBe(403);
});

/** Makes as many keys as a tenant may have, but for some. */
async function almostAll(admin: Person, missing: number): Promise<void> {
  for (let n = 0; n < 100 - missing; n++) await newKey(admin);
}

test('of many keys at once as many are made as a tenant may have, and no more', {
  timeout: 120_000,
}, async () => {
  const admin = await administrator();
  await almostAll(admin, 4);
  const answers = await Promise.all(Array.from({ length: 16 }, () => send(admin, 'POST', KEYS, fields)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
  for (const { status, body } of answers.filter((answer) => answer.status !== 201))
    expect([status, body.detail]).toEqual([409, expect.stringContaining('at most 100 API keys')]);
  const keys = await keysOf(admin);
  expect(keys).toHaveLength(100);
  expect((await send(admin, 'DELETE', `${KEYS}/${keys[0]?.id}`)).status).toBe(204);
  await newKey(admin);
  expect((await send(admin, 'POST', KEYS, fields)).status).toBe(409);
});
