import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { callerOfKey } from '../../core/http/api-key.ts';
import { somebody } from '../people.ts';
import { actAsLambda } from '../service/as-lambda.ts';
import { tablesOf } from '../service/tables.ts';
import { KEYS, keysOf, machine, newKey, send } from './machines.ts';

const administrator = () => somebody({ role: 'admin' });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('lists keys, the oldest first, without anything that would let one call with them', async () => {
  const admin = await administrator();
  const [one, two] = [await newKey(admin, { name: 'One' }), await newKey(admin, { name: 'Two' })];
  const keys = await keysOf(admin);
  expect(keys).toEqual([one, two].map(({ key: _, ...rest }) => ({ ...rest, last_used_at: null })));
  for (const { key } of [one, two]) expect(JSON.stringify(keys)).not.toContain(key.slice(3, 20));
});

test('lists only the keys of the own tenant, and tells when each was last used', async () => {
  const [admin, stranger] = [await administrator(), await administrator()];
  const [used, idle] = [await newKey(admin, { role: 'viewer' }), await newKey(admin)];
  const began = Date.now();
  await machine(admin, used.key).api.patients.list();
  const uses = new Map((await keysOf(admin)).map(({ id, last_used_at }) => [id, last_used_at]));
  expect(Date.parse(String(uses.get(used.id)))).toBeGreaterThanOrEqual(began);
  expect(uses.get(idle.id)).toBeNull();
  expect(await keysOf(stranger)).toEqual([]);
});

test('revoking answers 204, and the key is gone from the list; a second time it is 404', async () => {
  const admin = await administrator();
  const [one, two] = [await newKey(admin), await newKey(admin)];
  expect(await send(admin, 'DELETE', `${KEYS}/${one.id}`)).toMatchObject({ status: 204, body: undefined });
  expect((await keysOf(admin)).map(({ id }) => id)).toEqual([two.id]);
  const again = await send(admin, 'DELETE', `${KEYS}/${one.id}`);
  expect([again.status, again.body]).toEqual([404, { detail: `API key ${one.id} not found` }]);
  expect((await machine(admin, one.key).fetch('/api/v1/patients')).status).toBe(401);
});

test('of several who revoke one key at once, one does, and one line is in the log', async () => {
  const admin = await administrator();
  const { id } = await newKey(admin);
  const answers = await Promise.all(Array.from({ length: 6 }, () => send(admin, 'DELETE', `${KEYS}/${id}`)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 404, 404, 404, 404, 404]);
  expect((await admin.api.patients.auditLogs({ query: { action: 'DELETE' } })).body).toMatchObject({
    logs: [{ resource_id: id }],
  });
});

test('a retry with its Idempotency-Key is 204 again', async () => {
  const admin = await administrator();
  const { id } = await newKey(admin);
  const revoke = () =>
    admin.fetch(`${KEYS}/${id}`, { method: 'DELETE', headers: { 'Idempotency-Key': 'x' } });
  const [first, again] = [await revoke(), await revoke()];
  expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([204, 204, 'true']);
});

describe('a key that the caller may not revoke stays', () => {
  test('of another tenant: 404, as if there were none', async () => {
    const [admin, stranger] = [await administrator(), await administrator()];
    const { id, key } = await newKey(admin);
    const [foreign, none] = [
      await send(stranger, 'DELETE', `${KEYS}/${id}`),
      await send(stranger, 'DELETE', `${KEYS}/${randomUUID()}`),
    ];
    expect([foreign.status, none.status]).toEqual([404, 404]);
    expect((await machine(admin, key).fetch('/api/v1/patients')).status).toBe(200);
  });

  test('of a role above the own', async () => {
    const boss = await somebody({ role: 'super_admin' });
    const admin = await somebody({ role: 'admin', tenantId: boss.tenantId });
    const { id } = await newKey(boss, { role: 'super_admin' });
    const refused = await send(admin, 'DELETE', `${KEYS}/${id}`);
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('above your own')]);
    expect(await keysOf(admin)).toHaveLength(1);
    expect((await send(boss, 'DELETE', `${KEYS}/${id}`)).status).toBe(204);
  });

  test('of another tenant for a super_admin who does not name it, but not if they do', async () => {
    const [admin, boss] = [await administrator(), await somebody({ role: 'super_admin' })];
    const { id } = await newKey(admin);
    expect((await send(boss, 'DELETE', `${KEYS}/${id}`)).status).toBe(404);
    const path = `${KEYS}/${id}?tenant_id=${admin.tenantId}`;
    expect((await send(admin, 'DELETE', `${KEYS}/${id}?tenant_id=${boss.tenantId}`)).status).toBe(403);
    expect((await send(boss, 'DELETE', path)).status).toBe(204);
  });

  test('by an id that is none', async () => {
    const admin = await administrator();
    const { status, body } = await send(admin, 'DELETE', `${KEYS}/x`);
    expect([status, body.detail]).toMatchObject([422, [{ loc: ['path', 'id'], type: 'type_error.uuid' }]]);
  });
});

describe('a container that knows a key', () => {
  const tables = () => tablesOf({ awsEndpoint: inject('awsEndpoint') });
  beforeAll(() => actAsLambda('apiKeys', 'apiKeyUses'));

  test('refuses it half a minute after it was revoked, and one that it never saw at once', async () => {
    const admin = await administrator();
    const [known, unseen] = [await newKey(admin), await newKey(admin)];
    const now = Date.now();
    expect(await callerOfKey(known.key, now)).toEqual({
      ...{ userId: `api-key:${known.id}`, tenantId: admin.tenantId, role: 'user' },
    });
    for (const { id } of [known, unseen])
      expect((await send(admin, 'DELETE', `${KEYS}/${id}`)).status).toBe(204);
    expect(await callerOfKey(known.key, now + 29_999)).toBeDefined();
    expect(await callerOfKey(known.key, now + 30_000)).toBeUndefined();
    expect(await callerOfKey(unseen.key, now)).toBeUndefined();
    // A clock that was set back does not bring it back.
    expect(await callerOfKey(known.key, now - 60_000)).toBeUndefined();
  });

  test('refuses it to the second when it expires, though it still knows it and the row is still there', async () => {
    const admin = await administrator();
    const expiry = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 20_000);
    const { key, id } = await newKey(admin, { expires_at: expiry.toISOString() });
    expect(await callerOfKey(key, expiry.getTime() - 1)).toBeDefined();
    expect(await callerOfKey(key, expiry.getTime())).toBeUndefined();
    expect((await tables().scan('apikeys')).some((item) => item.id === id)).toBe(true);
  });

  test('notes its use once a minute, and never an earlier one over a later one', async () => {
    const admin = await administrator();
    const { key, id } = await newKey(admin);
    const used = async () => (await keysOf(admin)).find((one) => one.id === id)?.last_used_at;
    const now = Date.now();
    await callerOfKey(key, now);
    await callerOfKey(key, now + 59_999);
    expect(await used()).toBe(new Date(now).toISOString());
    await callerOfKey(key, now + 60_000);
    expect(await used()).toBe(new Date(now + 60_000).toISOString());
    // Another container, whose clock is behind.
    await machine(admin, key).fetch('/api/v1/patients');
    expect(await used()).toBe(new Date(now + 60_000).toISOString());
  });
});

test('a revoked key stops on endpoints that know it within a minute', { timeout: 120_000 }, async () => {
  const admin = await administrator();
  const { id, key } = await newKey(admin, { role: 'admin' });
  const robot = machine(admin, key);
  const paths = ['/api/v1/patients', '/api/v1/dashboard', '/api/messaging/contacts', '/api/v1/admin/async'];
  const statuses = () => Promise.all(paths.map(async (path) => (await robot.fetch(path)).status));
  expect(await statuses()).toEqual([200, 200, 200, 200]);
  const revoked = Date.now();
  expect((await send(admin, 'DELETE', `${KEYS}/${id}`)).status).toBe(204);
  while ((await statuses()).some((status) => status !== 401)) await pause(1_000);
  expect(Date.now() - revoked).toBeLessThan(60_000);
});

test('an expired key is in no list, cannot be revoked, and takes no place', { timeout: 60_000 }, async () => {
  const admin = await administrator();
  const { id, key } = await newKey(admin, { expires_at: new Date(Date.now() + 2_000).toISOString() });
  const robot = machine(admin, key);
  expect((await robot.fetch('/api/v1/patients')).status).toBe(200);
  await pause(3_100);
  const { status, headers, text } = await robot.fetch('/api/v1/patients').then(async (response) => ({
    ...{ status: response.status, headers: response.headers, text: await response.text() },
  }));
  expect([status, text]).toEqual([401, '{"detail":"Not authenticated"}']);
  expect(headers.get('www-authenticate')).toBe('Bearer');
  expect(await keysOf(admin)).toEqual([]);
  expect((await send(admin, 'DELETE', `${KEYS}/${id}`)).status).toBe(404);
});
