import { beforeAll, expect, test } from 'vitest';
import { resolveAccount } from '../../functions/cliniko/account/resolve-account.ts';
import { readSnapshot } from '../../functions/cliniko/sync/sync-store.ts';
import { active, change } from '../../local/cliniko/account.ts';
import { ownService } from '../service/own.ts';
import { clinic, ok, register, sync, upstream } from './fixtures.ts';
import { accountOf, broken, simulated, useService } from './simulation.ts';

beforeAll(useService);

test('lists the patients of another account after the next sync, and the former ones when their key comes back', {
  timeout: 120_000,
}, async () => {
  const { running } = await ownService({ environment: { RATE_LIMIT: 'off' } });
  const place = await clinic({ id: '1', patients: 30, seed: 1 }, { url: running.url });
  const other = await upstream({ id: '2', patients: 12, archived: 3, seed: 2 }, running.url);
  const { admin, orgId } = place;
  const listed = async () => {
    const { patients } = ok(await admin.api.cliniko.activePatients({ params: { orgId } }));
    return patients.map(({ last_synced: _at, ...patient }) => patient);
  };
  await sync(place);
  const first = await listed();
  expect(first).toHaveLength(30);
  await register(admin, orgId, other.apiKey);
  // Until a sync has looked into the other account nothing is known of it.
  expect(await listed()).toEqual(first);
  expect(await sync(place)).toMatchObject({ status: 'completed', records_processed: 15 });
  const second = await listed();
  expect(second).toHaveLength(12);
  // Both accounts have patients with the same ids, who are not the same people.
  const ids = new Set(first.map(({ id }) => id));
  expect(second.filter(({ id }) => ids.has(id))).toEqual([]);
  const theirs = new Set(first.map(({ cliniko_patient_id }) => cliniko_patient_id));
  expect(second.some(({ cliniko_patient_id }) => theirs.has(cliniko_patient_id))).toBe(true);
  await register(admin, orgId, place.account.apiKey);
  await sync(place);
  expect(await listed()).toEqual(first);
});

test('never keeps the person of a former account who has the same id and was changed later', async () => {
  const place = await simulated({ spec: { id: '1', patients: 50 }, seed: 41 });
  for (const patient of active(place.account)) change(patient, place.clock.now);
  await place.sync();
  place.clock.now += 3_600_000;
  await place.useAccount(accountOf({ id: '2', patients: 40 }, 42, place.clock.now));
  // What was due is a look at what changed: of another account that would be nearly nothing.
  const result = await place.sync({ operation: 'incremental_patients' });
  expect(broken(result)).toEqual([]);
  expect(result.log).toMatchObject({ operation: 'full_patients', status: 'completed', success: 40 });
  expect(result.patients.filter(({ last_name }) => last_name?.startsWith('Changed'))).toEqual([]);
  expect(result.patients).toHaveLength(40);
});

test('goes on with a new key of the same account while a sync is running', async () => {
  const place = await simulated({ spec: { id: '1', patients: 450 }, seed: 43 });
  const same = { ...place.account, spec: { ...place.account.spec, api_key: 'another-key-of-it-au1' } };
  const result = await place.sync({
    beforeStep: async (n) => (n === 3 ? place.useAccount(same) : undefined),
  });
  expect(broken(result)).toEqual([]);
  expect(result.log).toMatchObject({ status: 'completed', success: 450 });
});

test('ends a sync as failed when its key is replaced by one of another account, and then syncs that', async () => {
  const place = await simulated({ spec: { id: '1', patients: 450 }, seed: 44 });
  const other = accountOf({ id: '2', patients: 120 }, 45, place.clock.now);
  const result = await place.sync({
    beforeStep: async (n) => (n === 3 ? place.useAccount(other) : undefined),
  });
  expect(result.log).toMatchObject({ status: 'failed', fault: { error_code: 'CLINIKO_ACCOUNT_CHANGED' } });
  expect(result.counts.active).toBe(result.log.success);
  const next = await place.sync();
  expect(broken(next)).toEqual([]);
  expect(next.log).toMatchObject({ status: 'completed', success: 120 });
  expect(next.counts).toMatchObject({ active: 120 });
});

test('takes a new key that may not tell whose it is for one of another account', async () => {
  const place = await simulated({ spec: { id: '1', patients: 20 }, seed: 46 });
  await place.sync();
  await place.useAccount(accountOf({ id: '1', patients: 20 }, 46, place.clock.now));
  const snapshot = await readSnapshot(place.organization);
  if (!snapshot) throw new Error('no organisation');
  const account = { apiKey: 'silent-key-au1', contactEmail: 'it@example.com' };
  const silent = { ...place.deps, fetch: async () => new Response(null, { status: 403 }) };
  const state = await resolveAccount(snapshot, account, silent);
  expect(state).toMatchObject({ account: snapshot.settings.secret, secret: snapshot.settings.secret });
  expect(await resolveAccount(snapshot, account, place.deps).catch((error: Error) => error.name)).toBe(
    'ClinikoAuthFailed',
  );
});
