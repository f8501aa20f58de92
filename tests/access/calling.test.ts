import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { newKeyText } from '../../core/http/api-key-text.ts';
import { newPatient, newPatients } from '../patients/fixtures.ts';
import { BATCH } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';
import { contracts, somePath } from '../service/contracts.ts';
import { broken, type DynamoProxy, dynamoProxy } from '../service/dynamo-proxy.ts';
import { type Own, ownServiceOfFile } from '../service/own.ts';
import { raw } from '../service/raw.ts';
import { KEYS, keysOf, machine, newKey, send } from './machines.ts';

const administrator = () => somebody({ role: 'admin' });

test('a machine works like a user of its role, and the log names the key', async () => {
  const admin = await administrator();
  const { id, key } = await newKey(admin, { role: 'user' });
  const robot = machine(admin, key);
  const made = await robot.api.patients.create({ body: newPatients(2) });
  expect(made.status).toBe(201);
  expect((await robot.api.patients.auditLogs()).status).toBe(403);
  const { body } = await admin.api.patients.auditLogs();
  expect(body).toMatchObject({
    logs: [
      { action: 'CREATE', resource_type: 'patient', user_id: `api-key:${id}` },
      { action: 'CREATE', resource_type: 'patient', user_id: `api-key:${id}` },
      { action: 'CREATE', resource_type: 'api_key', resource_id: id, user_id: admin.userId },
    ],
  });
  expect(JSON.stringify(body)).not.toContain(key);
});

test('creations and deletions of keys are in the audit log, among those of patients, on every page once', async () => {
  const admin = await administrator();
  const ids: string[] = [];
  for (let n = 0; n < 4; n++) {
    const { id } = await newKey(admin);
    ids.push(id);
    await admin.api.patients.create({ body: newPatients(2) });
    if (n % 2) await send(admin, 'DELETE', `${KEYS}/${id}`);
  }
  const whole = (await send(admin, 'GET', '/api/v1/audit-logs?limit=500')).body.logs as Record<
    string,
    unknown
  >[];
  const [p, k] = ['patient CREATE', 'api_key CREATE'];
  expect(whole.map(({ resource_type, action }) => `${resource_type} ${action}`)).toEqual(
    [
      ['api_key DELETE', p, p, k],
      [p, p, k],
      ['api_key DELETE', p, p, k],
      [p, p, k],
    ].flat(),
  );
  expect(whole.find(({ resource_type }) => resource_type === 'api_key')).toEqual({
    ...{ timestamp: expect.any(String), user_id: admin.userId, tenant_id: admin.tenantId },
    ...{ action: 'DELETE', resource_type: 'api_key', resource_id: ids[3] },
    details: { batch_operation: false, batch_position: 0, batch_total: 1 },
  });
  for (const limit of [1, 2, 3, 5, 13, 14]) {
    const lines: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await send(
        admin,
        'GET',
        `/api/v1/audit-logs?limit=${limit}${cursor && `&cursor=${cursor}`}`,
      );
      lines.push(...page.body.logs);
      cursor = page.body.next_cursor;
    }
    expect(lines).toEqual(whole);
  }
  const filtered = async (query: string) =>
    (await send(admin, 'GET', `/api/v1/audit-logs?${query}`)).body.logs;
  expect(await filtered(`resource_id=${ids[1]}`)).toHaveLength(2);
  expect(await filtered('action=DELETE')).toHaveLength(2);
  expect(await filtered('action=UPDATE')).toEqual([]);
});

test('each key has rate limits of its own, and the same Idempotency-Key of two keys is two calls', async () => {
  const admin = await administrator();
  const [one, two] = [await newKey(admin), await newKey(admin)].map(({ key }) => machine(admin, key));
  if (!one || !two) throw new Error('no machines');
  const create = (who: Pick<Person, 'fetch'>) =>
    who.fetch(BATCH, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'same' },
      body: JSON.stringify([newPatient()]),
    });
  const [first, again, other] = [await create(one), await create(one), await create(two)];
  expect([first, again, other].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([
    ...[null, 'true', null],
  ]);
  expect([again, other].map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['8', '9']);
});

describe('every endpoint takes a key as it takes a token', () => {
  test.each(contracts)('%s', async (_, endpoint) => {
    const { usersOnly, method } = endpoint;
    const admin = await somebody({ role: 'super_admin' });
    const { key } = await newKey(admin, { role: 'super_admin' });
    const call = async (token: string) => {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const response = await fetch(inject('url') + somePath(endpoint), { method, headers });
      await response.body?.cancel();
      return response.status;
    };
    const byToken = await call(admin.token);
    expect(byToken).not.toBe(401);
    expect(await call(key)).toBe(usersOnly ? 403 : byToken);
    expect(await call(newKeyText(randomBytes))).toBe(401);
  });
});

test('only the calls for keys are closed to keys, which see, make and revoke none', async () => {
  expect(contracts.filter(([, { usersOnly }]) => usersOnly).map(([name]) => name)).toEqual([
    ...['access.createKey', 'access.listKeys', 'access.removeKey'],
  ]);
  const admin = await administrator();
  const { id, key } = await newKey(admin, { role: 'admin' });
  const robot = machine(admin, key);
  for (const [method, path, body] of [
    ['POST', KEYS, { name: 'Mine', role: 'user' }],
    ['GET', KEYS, undefined],
    ['DELETE', `${KEYS}/${id}`, undefined],
  ] as const) {
    const answer = await send(robot, method, path, body);
    expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining('API key')]);
  }
  expect(await keysOf(admin)).toHaveLength(1);
});

describe('what is not a key that works is 401', () => {
  const right = newKeyText(randomBytes);
  test.each([
    ['an unknown key', right],
    ['one with a typing error', `${right.slice(0, -1)}${right.endsWith('0') ? '1' : '0'}`],
    ['its beginning', 'bh_'],
    ['one that was cut', right.slice(0, -1)],
    ['a very long one', `bh_${'x'.repeat(5_000)}`],
  ])('%s', async (_, key) => {
    const answer = await machine({ url: inject('url') }, key).fetch('/api/v1/patients');
    expect([answer.status, await answer.text()]).toEqual([401, '{"detail":"Not authenticated"}']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect((await machine({ url: inject('url') }, key).fetch('/health')).status).toBe(401);
  });

  test('a good key under another scheme, in the query, or twice', async () => {
    const admin = await administrator();
    const { key } = await newKey(admin);
    const url = `${inject('url')}/api/v1/dashboard`;
    for (const authorization of [[`Basic ${key}`], [key], [`Bearer ${key}`, `Bearer ${key}`]])
      expect(
        (await raw(url, { headers: authorization.map((value) => ['Authorization', value]) })).status,
      ).toBe(401);
    expect((await raw(`${url}?access_token=${key}`, {})).status).toBe(401);
    expect((await raw(url, { headers: [['authorization', `bearer ${key}`]] })).status).toBe(200);
  });

  test('a token whose user has the name of a key, since only keys may write under it', async () => {
    const impostor = await somebody({ role: 'admin', userId: `api-key:${randomUUID()}` });
    expect((await impostor.api.patients.list()).status).toBe(401);
  });
});

describe('when the table of keys does not answer', () => {
  let proxy: DynamoProxy;
  let service: Own;
  beforeAll(async () => {
    proxy = await dynamoProxy();
    service = await ownServiceOfFile({ environment: { AWS_ENDPOINT_URL_DYNAMODB: proxy.url } });
    proxy.target = service.running.awsEndpoint;
  });
  afterEach(() => {
    proxy.fault = undefined;
  });
  afterAll(() => proxy.close());

  const tableNamed = (part: string) => {
    const tables = service.running.stack.resources('AWS::DynamoDB::GlobalTable');
    const name = tables.find(({ logicalId }) => logicalId.startsWith(part))?.name;
    if (!name) throw new Error(`there is no table ${part}`);
    return name;
  };

  test('a key that is not known yet is 503 and when to try again, never 401, and tokens go on', async () => {
    const admin = await service.person({ role: 'admin' });
    const { key } = await newKey(admin);
    const [robot, keys] = [machine(admin, key), tableNamed('TablesapiKeys')];
    proxy.fault = (operation, body) => (body.includes(keys) ? broken(operation, body) : undefined);
    const began = Date.now();
    const reading = await robot.api.patients.list();
    expect([reading.status, reading.headers.get('retry-after')]).toEqual([503, '5']);
    expect(reading.body).toEqual({ detail: expect.any(String) });
    expect((await robot.api.patients.create({ body: newPatients(1) })).status).toBe(503);
    expect(Date.now() - began).toBeLessThan(20_000);
    expect((await admin.api.patients.list()).body).toMatchObject({ total: 0 });
    proxy.fault = undefined;
    expect((await robot.api.patients.list()).status).toBe(200);
  }, 60_000);

  test('a mistyped key is 401 without a read', async () => {
    const right = newKeyText(randomBytes);
    const wrong = `${right.slice(0, -1)}${right.endsWith('0') ? '1' : '0'}`;
    proxy.fault = broken;
    expect((await machine(service.running, wrong).fetch('/api/v1/patients')).status).toBe(401);
  });

  test('a call succeeds though the use of its key cannot be noted, which is logged without the key', async () => {
    const admin = await service.person({ role: 'admin' });
    const { id, key } = await newKey(admin);
    const uses = tableNamed('TablesapiKeyUses');
    proxy.fault = (operation, body) => (body.includes(uses) ? broken(operation, body) : undefined);
    const began = Date.now();
    expect((await machine(admin, key).fetch('/api/v1/patients')).status).toBe(200);
    expect(Date.now() - began).toBeLessThan(5_000);
    const lines = service.running.logs().map(({ text }) => text);
    expect(lines.filter((line) => line.includes('use of an API key was not noted'))).toEqual([
      expect.stringContaining(id),
    ]);
    expect(lines.filter((line) => line.includes(key))).toEqual([]);
  });

  test('a key is not made in part: of a fault in the middle nothing is left', async () => {
    const admin = await service.person({ role: 'admin' });
    proxy.fault = (operation, body) =>
      operation === 'TransactWriteItems' ? broken(operation, body) : undefined;
    expect((await send(admin, 'POST', KEYS, { name: 'Robot', role: 'user' })).status).toBe(503);
    proxy.fault = undefined;
    expect(await keysOf(admin)).toEqual([]);
    expect((await admin.api.patients.auditLogs()).body).toMatchObject({ logs: [] });
  }, 60_000);

  test('keys outlive a crash of everything', async () => {
    const admin = await service.person({ role: 'admin' });
    const { key } = await newKey(admin);
    await service.crashAndRestart();
    proxy.target = service.running.awsEndpoint;
    expect((await machine(service.running, key).fetch('/api/v1/patients')).status).toBe(200);
  }, 60_000);
});
