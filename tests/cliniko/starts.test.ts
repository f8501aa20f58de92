import { expect, inject, test } from 'vitest';
import { digestOf } from '../../functions/cliniko/keys.ts';
import { somebody } from '../people.ts';
import { ownService } from '../service/own.ts';
import { tablesOf } from '../service/tables.ts';
import { pastExecutions } from './executions.ts';
import { type Clinic, clinic, ended, latestLog, ok, pause, register, sync, upstream } from './fixtures.ts';

/** Requests to Cliniko and workflow states of an organisation’s syncs. */
async function course({ admin, orgId, account }: Clinic) {
  const { calls, early, beyond } = await account.look();
  const own = digestOf({ tenant: admin.tenantId, orgId });
  const past = await pastExecutions(inject('awsEndpoint'), ['bulkhead-local-clinikoSync']);
  return {
    calls,
    early,
    beyond,
    entered: past.filter(({ name }) => name.startsWith(own)).map(({ entered }) => entered),
  };
}

test('runs one of 50 syncs that are started at once, and ten other organisations go the same way as without them', {
  timeout: 120_000,
}, async () => {
  const alone = await clinic({ patients: 150 });
  await sync(alone);
  const undisturbed = await course(alone);
  expect(undisturbed.entered).toHaveLength(1);

  const place = await clinic({ patients: 300 });
  // Of the same tenant, which shares its counters and users.
  const { tenantId } = place.admin;
  const others = await Promise.all(
    Array.from({ length: 10 }, (_, n) => clinic({ patients: 150 }, { tenantId }, `other-${n}`)),
  );
  const path = `/api/v1/cliniko/sync-all/${place.orgId}`;
  const [starts, ...rest] = await Promise.all([
    Promise.all(Array.from({ length: 50 }, () => place.admin.fetch(path, { method: 'POST' }))),
    ...others.map((other) => sync(other)),
  ]);
  const started = starts.filter(({ status }) => status === 200);
  const refused = starts.filter(({ status }) => status === 429);
  expect([started.length, refused.length]).toEqual([1, 49]);
  const sync_log_id = ((await started[0]?.json()) as { sync_log_id: number } | undefined)?.sync_log_id;
  for (const answer of refused) {
    const { error_code, details } = (await answer.json()) as { error_code: string; details: object };
    expect(['SYNC_ALREADY_RUNNING', 'RATE_LIMIT_EXCEEDED']).toContain(error_code);
    if (error_code === 'SYNC_ALREADY_RUNNING') expect(details).toMatchObject({ sync_log_id });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(await ended(place)).toMatchObject({ id: sync_log_id, status: 'completed', records_success: 300 });
  for (const log of rest) expect(log).toMatchObject({ status: 'completed', records_success: 150 });
  const { total_count } = ok(await place.admin.api.cliniko.syncLogs({ params: { orgId: place.orgId } }));
  expect(total_count).toBe(1);
  expect((await course(place)).entered).toHaveLength(1);
  // Not one request, step, wait or new attempt more than without the others.
  for (const other of others) expect(await course(other)).toEqual(undisturbed);
});

test('starts one sync in five minutes, by either path, and tells when the next may start', async () => {
  const place = await clinic({ patients: 3 });
  const { admin, orgId } = place;
  const first = await admin.fetch(`/api/v1/cliniko/sync/${orgId}`, { method: 'POST' });
  expect(first.status).toBe(200);
  expect(first.headers.get('link')).toBe(`</api/v1/cliniko/sync-all/${orgId}>; rel="successor-version"`);
  expect(first.headers.get('x-ratelimit-limit')).toBe('1');
  expect(first.headers.get('x-ratelimit-remaining')).toBe('0');
  await ended(place);
  const second = await admin.fetch(`/api/v1/cliniko/sync-all/${orgId}/`, { method: 'POST' });
  expect(second.status).toBe(429);
  expect(await second.json()).toMatchObject({ error: true, error_code: 'RATE_LIMIT_EXCEEDED' });
  const [retryAfter, reset] = ['retry-after', 'x-ratelimit-reset'].map((name) =>
    Number(second.headers.get(name)),
  );
  expect(retryAfter).toBeGreaterThan(240);
  expect(retryAfter).toBeLessThanOrEqual(301);
  expect(reset).toBe(Number(first.headers.get('x-ratelimit-reset')));
});

test('tells on every answer where an organisation stands with its starts, and looking uses none up', async () => {
  const place = await clinic({ patients: 3 });
  const { admin, orgId } = place;
  const start = async (path: string, headers: Record<string, string> = {}) => {
    const response = await admin.fetch(`/api/v1/cliniko/${path}`, { method: 'POST', headers });
    const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
      response.headers.get(`x-ratelimit-${name}`),
    );
    expect([limit, Number(reset)]).toEqual([
      '1',
      expect.toSatisfy((at: number) => at > Date.now() / 1000 - 5),
    ]);
    return [response.status, remaining];
  };
  expect(await start('sync-all/unknown')).toEqual([404, '1']);
  expect(await start('sync-all/a%20b')).toEqual([400, '1']);
  expect(await start(`sync-all/${orgId}`, { 'Idempotency-Key': 'x'.repeat(256) })).toEqual([400, '1']);
  expect(await start(`sync/${orgId}`)).toEqual([200, '0']);
  expect(await start(`sync-all/${orgId}`, { 'Idempotency-Key': 'x'.repeat(256) })).toEqual([400, '0']);
  expect(await start(`sync-all/${orgId}`)).toEqual([429, '0']);
  expect(await start('sync-all/unknown')).toEqual([404, '1']);
  // A foreign organisation looks like an unknown one, here too.
  const stranger = await somebody({ role: 'admin' });
  const answer = await stranger.fetch(`/api/v1/cliniko/sync-all/${orgId}`, { method: 'POST' });
  expect([answer.status, answer.headers.get('x-ratelimit-remaining')]).toEqual([404, '1']);
});

test('limits no starts where the stage says so, and forgets syncs after 400 days', {
  timeout: 60_000,
}, async () => {
  const { running } = await ownService({ environment: { RATE_LIMIT: 'off' } });
  const place = await clinic({ patients: 3 }, { url: running.url });
  const { admin, orgId } = place;
  const ids: number[] = [];
  for (let n = 0; n < 3; n++) {
    const response = await admin.fetch(`/api/v1/cliniko/sync-all/${orgId}`, { method: 'POST' });
    expect([response.status, response.headers.get('x-ratelimit-limit')]).toEqual([200, null]);
    ids.push((await ended(place)).id);
  }
  const list = async () => {
    const { logs, ...counts } = ok(
      await admin.api.cliniko.syncLogs({ params: { orgId }, query: { limit: '2' } }),
    );
    return { ids: logs.map(({ id }) => id), ...counts };
  };
  expect(await list()).toEqual({ ids: [ids[2], ids[1]], total_count: 3, has_more: true });
  const tables = tablesOf(running);
  const oldest = (await tables.scan('operations')).find(({ id }) => id === ids[0]);
  const days = (Number(oldest?.expires_at) - Date.now() / 1000) / 86_400;
  expect(days).toBeGreaterThan(399.9);
  expect(days).toBeLessThan(400);
  await tables.set('operations', { pk: oldest?.pk, sk: oldest?.sk }, 'expires_at', 1);
  await running.sweepExpired();
  expect(await list()).toEqual({ ids: [ids[2], ids[1]], total_count: 2, has_more: false });
});

test('lets a sync start again at once after one that failed', async () => {
  const place = await clinic({ patients: 150, faults: [{ name: 'key_revoked', page: 2 }] });
  const log = await sync(place);
  expect(log).toMatchObject({
    status: 'failed',
    error_details: { message: 'Sync failed: Invalid Cliniko credentials', error_code: 'CLINIKO_AUTH_FAILED' },
  });
  const { apiKey } = await upstream({ patients: 150 });
  await register(place.admin, place.orgId, apiKey);
  expect(await sync(place)).toMatchObject({ status: 'completed', records_success: 150 });
});

test('gives the same answer to a start that is repeated with its idempotency key', async () => {
  const { admin, orgId } = await clinic({ patients: 3 });
  const call = () => admin.api.cliniko.syncAll({ params: { orgId }, idempotencyKey: 'start-1' });
  const [first, second] = [await call(), await call()];
  expect(second.body).toEqual(ok(first));
  expect(second.headers.get('idempotency-replayed')).toBe('true');
});

test('ends a running sync when asked to, keeps what was stored, and may start again', async () => {
  const place = await clinic({ patients: 2_000, latency_ms: 200 });
  const { admin, orgId } = place;
  const { sync_log_id } = ok(await admin.api.cliniko.syncAll({ params: { orgId } }));
  while ((await latestLog(place)).records_processed === 0) await pause(100);
  const cancelled = ok(await admin.api.cliniko.syncCancel({ params: { orgId } }));
  expect(cancelled).toEqual({
    success: true,
    message: `Sync cancelled for organization ${orgId}`,
    sync_log_id,
  });
  const log = await latestLog(place);
  expect(log).toMatchObject({ status: 'failed', error_details: { error_code: 'SYNC_CANCELED' } });
  const { pagination } = ok(await admin.api.cliniko.activePatients({ params: { orgId } }));
  expect(pagination.total).toBe(log.records_success);
  await pause(600);
  expect(await latestLog(place)).toEqual(log);
  const again = await admin.api.cliniko.syncCancel({ params: { orgId } });
  expect([again.status, again.body]).toMatchObject([409, { error_code: 'SYNC_NOT_RUNNING' }]);
  ok(await admin.api.cliniko.syncAll({ params: { orgId } }));
  ok(await admin.api.cliniko.syncCancel({ params: { orgId } }));
});

test('shows progress that moves and never falls, up to the end', { timeout: 60_000 }, async () => {
  const place = await clinic({ patients: 1_500, archived: 100, latency_ms: 150 });
  ok(await place.admin.api.cliniko.syncAll({ params: { orgId: place.orgId } }));
  const seen: Awaited<ReturnType<typeof latestLog>>[] = [];
  for (let look = 0; seen.at(-1)?.status !== 'completed'; look++) {
    // One user may ask 60 times a minute; the fifth of these asks for the last time.
    const { tenantId } = place.admin;
    const admin = look % 50 === 0 ? await somebody({ role: 'admin', tenantId }) : place.admin;
    place.admin = admin;
    seen.push(await latestLog(place));
    await pause(100);
  }
  const shares = seen.map(({ metadata }) => metadata.progress_percent);
  expect(shares).toEqual(shares.toSorted((one, other) => one - other));
  expect(new Set(shares).size).toBeGreaterThan(5);
  const last = seen.at(-1);
  expect(last?.metadata).toMatchObject({
    progress_percent: 100,
    patients_found: 1_600,
    estimated_remaining: '0 seconds',
  });
  for (const { metadata, records_processed, records_success, records_failed } of seen) {
    expect(records_processed).toBe(records_success + records_failed);
    expect(metadata.current_page).toBeLessThanOrEqual(metadata.total_pages);
  }
  const status = ok(await place.admin.api.cliniko.status({ params: { orgId: place.orgId } }));
  expect(status).toMatchObject({ sync_status: 'completed', last_sync: last?.completed_at });
});

test('lists syncs newest first, and by their status and type', async () => {
  const place = await clinic({ patients: 3, faults: [{ name: 'forbidden' }] });
  const failed = [await sync(place), await sync(place), await sync(place)];
  const { admin, orgId } = place;
  const list = async (query: Record<string, string | number>) =>
    ok(await admin.api.cliniko.syncLogs({ params: { orgId }, query }));
  const all = await list({});
  expect(all.logs.map(({ id }) => id)).toEqual(failed.map(({ id }) => id).toReversed());
  expect(await list({ limit: 2 })).toMatchObject({ total_count: 3, has_more: true });
  expect(await list({ status: 'failed', limit: 2 })).toMatchObject({ total_count: 3, has_more: true });
  expect(await list({ status: 'completed' })).toEqual({ logs: [], total_count: 0, has_more: false });
  expect(await list({ operation_type: 'incremental_patients' })).toMatchObject({ total_count: 0 });
});
