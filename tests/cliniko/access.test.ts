import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { endpoints } from '../../functions/index.ts';
import { somebody } from '../people.ts';
import { clinic, latestLog, ok, register, sync, upstream } from './fixtures.ts';

const ofOrganizations = Object.entries(endpoints.cliniko)
  .filter(([, { path }]) => path.endsWith('{orgId}'))
  .map(([name, { method, path }]) => ({ name, method, path }));

const body = { name: 'x', api_key: 'key-of-somebody-au1', contact_email: 'it@example.com' };

const call = (
  who: Awaited<ReturnType<typeof somebody>>,
  { method, path }: { method: string; path: string },
  orgId: string,
) =>
  who.fetch(path.replace('{orgId}', orgId), {
    method,
    ...(method === 'PUT'
      ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
      : {}),
  });

test.each(ofOrganizations)('asks for a token on $method $path', async (endpoint) => {
  const stranger = await somebody({ role: 'admin' });
  const anonymous = {
    ...stranger,
    fetch: (path: string, init?: RequestInit) => fetch(stranger.url + path, init),
  };
  const response = await call(anonymous, endpoint, '123');
  expect(response.status).toBe(401);
  expect(await response.json()).toEqual({
    error: true,
    message: 'Authentication required',
    error_code: 'UNAUTHORIZED',
    details: {},
  });
});

test.each(ofOrganizations)('keeps plain users from $method $path', async (endpoint) => {
  const user = await somebody({ role: 'user', claims: { organization_id: '123' } });
  const response = await call(user, endpoint, '123');
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error: true, error_code: 'FORBIDDEN' });
});

test.each(ofOrganizations.filter(({ method }) => method !== 'GET'))(
  'keeps viewers from $method $path, also of their own organisation',
  async (endpoint) => {
    const viewer = await somebody({ role: 'viewer', claims: { organization_id: '123' } });
    expect((await call(viewer, endpoint, '123')).status).toBe(403);
  },
);

test.each(ofOrganizations)('refuses an id that is none on $method $path', async (endpoint) => {
  const admin = await somebody({ role: 'admin' });
  for (const orgId of ['a%20b', '%2e%2e%2f', 'x'.repeat(65), 'a%23b', 'é']) {
    const response = await call(admin, endpoint, orgId);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: true,
      message: 'Invalid organization ID',
      error_code: 'VALIDATION_ERROR',
    });
  }
});

test('answers for a foreign organisation exactly as for an unknown one, on every route', async () => {
  const { orgId } = await clinic({ patients: 3 });
  for (const endpoint of ofOrganizations.filter(({ method }) => method !== 'PUT')) {
    const [stranger, manager] = [
      await somebody({ role: 'admin' }),
      await somebody({ role: 'manager', claims: { organization_id: 'other' } }),
    ];
    const answers = await Promise.all([
      call(stranger, endpoint, orgId),
      call(stranger, endpoint, 'unknown'),
      call(manager, endpoint, orgId),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts[0]?.replace('123', '"unknown"')).toBe(texts[1]);
    expect(texts[2]).toBe(texts[0]);
    expect(JSON.parse(texts[1] ?? '')).toEqual({
      error: true,
      message: 'Organization not found',
      error_code: 'ORGANIZATION_NOT_FOUND',
      details: { organization_id: 'unknown' },
    });
  }
});

test('lets managers and viewers see their own organisation, and managers start its sync', async () => {
  const place = await clinic({ patients: 3 });
  const { tenantId } = place.admin;
  const claims = { organization_id: place.orgId };
  const viewer = await somebody({ role: 'viewer', tenantId, claims });
  const manager = await somebody({ role: 'manager', tenantId, claims });
  const root = await somebody({ role: 'super_admin', tenantId });
  const params = { orgId: place.orgId };
  ok(await manager.api.cliniko.syncAll({ params }));
  for (const { api } of [viewer, manager, root]) {
    ok(await api.cliniko.getSettings({ params }));
    ok(await api.cliniko.testConnection({ params }));
    ok(await api.cliniko.syncLogs({ params }));
    ok(await api.cliniko.status({ params }));
    ok(await api.cliniko.activePatients({ params }));
  }
});

test('never shows the API key that was stored', async () => {
  const place = await clinic({ patients: 3 });
  const settings = await place.admin.fetch(`/api/v1/cliniko/settings/${place.orgId}`);
  expect(await settings.json()).toEqual({
    organization_id: 123,
    name: 'Surf Rehab',
    contact_email: 'it@surf.example.com',
    schedule: null,
    api_key_set: true,
    next_sync: null,
    created_at: expect.stringMatching(/Z$/),
    updated_at: expect.stringMatching(/Z$/),
  });
});

test('refuses settings that could send the key elsewhere, or that are not whole', async () => {
  const admin = await somebody({ role: 'admin' });
  const put = (more: object) =>
    admin.fetch('/api/v1/cliniko/settings/1', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...body, ...more }),
    });
  for (const more of [
    { api_key: 'somekey-evil.com#' },
    { api_key: 'somekey-169.254.169.254' },
    { api_key: 'some key-au1' },
    { api_key: 'some:key-au1' },
    { api_key: undefined },
    { contact_email: 'nobody' },
    { contact_email: undefined },
    { name: 'a\u0000b' },
    { name: '' },
    { name: ' \t ' },
    { name: '\ud800' },
    { contact_email: 'it@example.com\r\nX-Injected: 1' },
    { api_key: null },
    { api_key: 'some\nkey-au1' },
    { api_key: '********' },
    { api_key: 'somekey-***-au1' },
    { contact_email: 'it@example' },
    { contact_email: `${'x'.repeat(65)}@example.com` },
    { name: ' \u200b\u3164 ' },
    { schedule: 'rate(1 minute)' },
    { schedule: 'cron(0 * * * ? *)' },
    { tenant_id: 'other' },
  ]) {
    const response = await put(more);
    expect({ more, status: response.status }).toEqual({ more, status: 400 });
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: true, error_code: 'VALIDATION_ERROR' });
    expect(text).not.toContain('somekey');
  }
  expect((await admin.fetch('/api/v1/cliniko/settings/1')).status).toBe(404);
});

test.each([
  ['  it@example.com\t', 'it@example.com'],
  ['Surf IT <IT@Example.COM>', 'IT@example.com'],
  ['a&b/c@example.com', 'a&b/c@example.com'],
  ['zoë@münchen.example', 'zoë@münchen.example'],
])(
  'takes the contact e-mail %j as %s, as patients and contacts do, and tells Cliniko of it',
  async (given, stored) => {
    const place = await clinic({ patients: 3 });
    await register(place.admin, place.orgId, `  ${place.account.apiKey}\n`, { contact_email: given });
    const params = { orgId: place.orgId };
    expect(ok(await place.admin.api.cliniko.getSettings({ params })).contact_email).toBe(stored);
    // The stand-in refuses requests that name no address.
    expect(ok(await place.admin.api.cliniko.testConnection({ params })).total_patients).toBe(3);
  },
);

test('uses a new key at once, and the old name and schedule only until they are changed', async () => {
  const place = await clinic({ patients: 3 });
  const [{ admin, orgId }, second] = [place, await upstream({ patients: 5 })];
  const params = { orgId };
  expect(ok(await admin.api.cliniko.testConnection({ params })).total_patients).toBe(3);
  await register(admin, orgId, second.apiKey, { name: 'Harbour', schedule: 'rate(6 hours)' });
  expect(ok(await admin.api.cliniko.testConnection({ params })).total_patients).toBe(5);
  expect(ok(await admin.api.cliniko.getSettings({ params }))).toMatchObject({
    name: 'Harbour',
    schedule: 'rate(6 hours)',
  });
});

test.each([
  ['a key that Cliniko does not know', 'unknown', 401, 'CLINIKO_AUTH_FAILED'],
  ['a key that is revoked', 'key_revoked', 401, 'CLINIKO_AUTH_FAILED'],
  ['a user without permission', 'forbidden', 403, 'CLINIKO_FORBIDDEN'],
  ['the wrong shard', 'wrong_shard', 502, 'CLINIKO_UNAVAILABLE'],
  ['server errors', 'server_error', 502, 'CLINIKO_UNAVAILABLE'],
  ['the error page of a proxy', 'html_error', 502, 'CLINIKO_UNAVAILABLE'],
  ['answers of another shape', 'wrong_schema', 502, 'CLINIKO_UNAVAILABLE'],
  ['half answers', 'short_body', 502, 'CLINIKO_UNAVAILABLE'],
  ['cut connections', 'cut_body', 502, 'CLINIKO_UNAVAILABLE'],
  ['damaged compression', 'bad_gzip', 502, 'CLINIKO_UNAVAILABLE'],
  ['answers without end', 'huge_page', 502, 'CLINIKO_UNAVAILABLE'],
  ['a redirect to another host', 'moved', 502, 'CLINIKO_UNAVAILABLE'],
  ['links to another host', 'next_elsewhere', 502, 'CLINIKO_UNAVAILABLE'],
  ['a rate limit', 'rate_limited', 429, 'CLINIKO_RATE_LIMITED'],
  ['a rate limit without a reset', 'rate_limited_silent', 429, 'CLINIKO_RATE_LIMITED'],
])('tells what is wrong with a connection: %s', async (_name, fault, status, error_code) => {
  const admin = await somebody({ role: 'admin' });
  const account = await upstream({ faults: fault === 'unknown' ? [] : [{ name: fault }] });
  await register(admin, 'org-1', fault === 'unknown' ? `unknown-${randomUUID()}-au1` : account.apiKey);
  const response = await admin.fetch('/api/v1/cliniko/test-connection/org-1');
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({
    error: true,
    error_code,
    details: { organization_id: 'org-1' },
  });
  if (status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('answers for a connection that works again a moment later, and in time for one that stays silent', {
  timeout: 90_000,
}, async () => {
  const connect = async (fault: Record<string, unknown>) => {
    const { admin, orgId } = await clinic({ patients: 3, faults: [fault] });
    const response = await admin.fetch(`/api/v1/cliniko/test-connection/${orgId}`);
    const { error_code } = (await response.json()) as { error_code?: string };
    return [response.status, error_code];
  };
  // The gateway would say 504 to a function that waits for too long.
  for (const name of ['slow_header', 'slow_body'])
    expect([name, ...(await connect({ name }))]).toEqual([name, 502, 'CLINIKO_UNAVAILABLE']);
  for (const name of ['server_error', 'cut_body', 'wrong_schema', 'slow_header'])
    expect([name, ...(await connect({ name, times: 1 }))]).toEqual([name, 200, undefined]);
});

test('knows the name of an account whose settings only administrators may read', async () => {
  const { admin, orgId } = await clinic({ patients: 3, faults: [{ name: 'settings_forbidden' }] });
  const { organization } = ok(await admin.api.cliniko.testConnection({ params: { orgId } }));
  expect(organization).toEqual({ name: 'Surf Rehab', cliniko_id: '12345' });
});

test('answers both forms of a path, and counts them against one limit', async () => {
  const { admin, orgId } = await clinic({ patients: 3 });
  const answers = [];
  for (let n = 0; n < 12; n++)
    answers.push(await admin.fetch(`/api/v1/cliniko/test-connection/${orgId}${n % 2 ? '/' : ''}`));
  expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(200), 429, 429]);
  const [last] = answers.slice(-1);
  expect(last?.headers.get('x-ratelimit-limit')).toBe('10');
  expect(last?.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await last?.json()).toMatchObject({ error: true, error_code: 'RATE_LIMIT_EXCEEDED' });
});

test('limits how often a user may ask for logs to 60 times a minute', async () => {
  const { admin, orgId } = await clinic({ patients: 3 });
  const path = `/api/v1/cliniko/sync-logs/${orgId}`;
  const answers = await Promise.all(Array.from({ length: 65 }, () => admin.fetch(path)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(5);
});

test.each([
  ['sync-logs', 'limit=0'],
  ['sync-logs', 'limit=1e1'],
  ['sync-logs', 'status=done'],
  ['sync-logs', 'operation_type=all'],
  ['active-patients', 'offset=-1'],
  ['active-patients', 'limit='],
  ['active-patients', 'last_synced_after=yesterday'],
  ['active-patients', `search=${'x'.repeat(101)}`],
  ['active-patients', 'search=%00'],
  ['active-patients', 'search=a%0Ab'],
  ['active-patients', 'last_synced_after=0000-01-01'],
  ['active-patients', 'last_synced_after=9999-12-31'],
  ['active-patients', 'last_synced_after=2024-01-15T24:00:00Z'],
  ['sync-logs', 'limit=1&limit=100'],
  ['sync-logs', 'status='],
  ['sync-logs', 'limit=%D9%A1'],
])('refuses %s?%s', async (route, query) => {
  const { admin, orgId } = await clinic({ patients: 3 });
  const response = await admin.fetch(`/api/v1/cliniko/${route}/${orgId}?${query}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: true, error_code: 'VALIDATION_ERROR' });
});

test('finds patients by words of their names in any order, whatever their accents and case', async () => {
  const place = await clinic({ patients: 12, faults: [{ name: 'unicode' }] });
  await sync(place);
  const { admin, orgId } = place;
  const found = async (search: string) =>
    ok(await admin.api.cliniko.activePatients({ params: { orgId }, query: { search } })).patients;
  const all = ok(await admin.api.cliniko.activePatients({ params: { orgId }, query: {} })).patients;
  for (const { id, first_name, last_name, email } of all) {
    const plain = (first_name ?? '')
      .slice(0, 20)
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .toUpperCase();
    for (const search of [
      `${first_name?.slice(0, 20)} ${last_name}`,
      `${last_name},  ${plain}`,
      `${email} ${plain}`,
    ])
      expect({ search, ids: (await found(search)).map((patient) => patient.id) }).toEqual({
        search,
        ids: expect.arrayContaining([id]),
      });
  }
  expect(await found('Nobody Lovelace')).toEqual([]);
  expect(await found(' \u00a0 ')).toHaveLength(all.length);
  expect(
    await found(Array.from({ length: 50 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join(' ')),
  ).toEqual([]);
});

test('finds patients by any part of their names or e-mail address, and pages through exactly those', async () => {
  const place = await clinic({ patients: 120, archived: 20, faults: [{ name: 'unicode' }] });
  await sync(place);
  const { admin, orgId } = place;
  const list = async (query: Record<string, string | number>) =>
    ok(await admin.api.cliniko.activePatients({ params: { orgId }, query }));
  const all = await list({ limit: 500 });
  expect(all.pagination).toEqual({ total: 120, limit: 500, offset: 0, has_next: false });
  expect(all.patients).toHaveLength(120);
  const found = await list({ search: 'PATIENT.1', limit: 500 });
  const expected = all.patients.filter(({ email }) => email?.includes('patient.1'));
  expect(found.patients).toEqual(expected);
  expect(found.pagination.total).toBe(expected.length);
  const second = await list({ search: 'patient.1', limit: 10, offset: 10 });
  expect(second.patients).toEqual(expected.slice(10, 20));
  expect(second.pagination.has_next).toBe(expected.length > 20);
  expect((await list({ limit: 7, offset: 115 })).patients).toEqual(all.patients.slice(115));
  const { started_at } = await latestLog(place);
  expect((await list({ last_synced_after: started_at })).pagination.total).toBe(120);
  expect((await list({ last_synced_after: new Date().toISOString() })).pagination.total).toBe(0);
  expect((await list({ search: 'a = b OR 1' })).pagination.total).toBe(0);
});
