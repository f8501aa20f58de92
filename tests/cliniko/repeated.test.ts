import { beforeAll, expect, test } from 'vitest';
import { intervalOf } from '../../functions/cliniko/account/schedule.ts';
import { findSettings, putSettings } from '../../functions/cliniko/account/settings.ts';
import { fail } from '../../functions/cliniko/sync/end-sync.ts';
import { nextDue, startDueSyncs } from '../../functions/cliniko/sync/start-due-syncs.ts';
import { startSync } from '../../functions/cliniko/sync/start-sync.ts';
import { findLog, readSnapshot } from '../../functions/cliniko/sync/sync-store.ts';
import { syncRemovals } from '../../functions/cliniko/sync-removals.ts';
import { active, add, archive, change, remove } from '../../local/cliniko/account.ts';
import { broken, type Simulated, simulated, useService } from './simulation.ts';

beforeAll(useService);

const minuteMs = 60_000;

const standings = ({ counts: { active: here, archived, deleted } }: Simulated) => ({
  here,
  archived,
  deleted,
});

test('stores the same people under the same numbers when everything is synchronised again', async () => {
  const place = await simulated({ spec: { patients: 230, archived: 12 }, seed: 1 });
  const first = await place.sync();
  place.clock.now += 10 * minuteMs;
  const second = await place.sync();
  expect(broken(second)).toEqual([]);
  const people = ({ patients }: Simulated) =>
    patients.map(({ last_synced: _at, seen: _by, ...person }) => person);
  expect(people(second)).toEqual(people(first));
  expect(second.log).toMatchObject({ status: 'completed', success: 242, failed: 0, page: 4, pages: 4 });
});

test('fetches only what changed in an incremental sync, and ends with the same people as Cliniko', async () => {
  const place = await simulated({ spec: { patients: 450, archived: 10, deleted: 5 }, seed: 2 });
  const before = await place.sync();
  expect(standings(before)).toEqual({ here: 450, archived: 10, deleted: 0 });
  const { account, clock } = place;
  clock.now += 60 * minuteMs;
  for (const patient of active(account, 3)) change(patient, clock.now);
  for (const patient of active(account).slice(10, 12)) archive(patient, clock.now);
  for (const patient of active(account).slice(20, 24)) remove(account, patient, clock.now);
  add(account, 5, clock.now);
  clock.now += minuteMs;
  const calls = account.calls;
  const result = await place.sync({ operation: 'incremental_patients' });
  expect(broken(result)).toEqual([]);
  expect(result.log).toMatchObject({
    operation: 'incremental_patients',
    status: 'completed',
    found: 10,
    success: 10,
  });
  expect(standings(result)).toEqual({ here: 449, archived: 12, deleted: 4 });
  expect(account.calls - calls).toBeLessThanOrEqual(10);
});

test('has the newest version of those who changed while their list was being read', async () => {
  const faults = [{ name: 'updated_during_walk' as const, page: 3, times: 1 }];
  const place = await simulated({ spec: { patients: 420, faults }, seed: 6 });
  const { patients, account } = await place.sync();
  const changed = account.patients.filter(({ last_name }) => last_name?.startsWith('Changed'));
  expect(changed).toHaveLength(30);
  const names = new Map(patients.map(({ cliniko_id, last_name }) => [cliniko_id, last_name]));
  expect(changed.filter(({ id, last_name }) => names.get(String(id)) !== last_name)).toEqual([]);
});

test('takes nobody for deleted whom a page only fails to show', async () => {
  const place = await simulated({ spec: { patients: 230 }, seed: 3 });
  await place.sync();
  place.clock.now += 10 * minuteMs;
  place.account.patients = place.account.patients.slice(0, 100);
  const result = await place.sync();
  expect(standings(result)).toEqual({ here: 230, archived: 0, deleted: 0 });
});

test('changes nothing when a step is repeated after its answer was lost', async () => {
  const place = await simulated({ spec: { patients: 120, deleted: 7 }, seed: 4 });
  const result = await place.sync();
  const { organization, log } = result;
  const input = { ...organization, syncId: log.id, attempt: 1, turn: 9 };
  const deps = { ...place.deps, fetch: () => Promise.reject(new Error('asked again')) };
  expect(await syncRemovals(input, deps)).toEqual({ do: 'end', turn: 10 });
  const { state } = result;
  expect(await findLog({ organization, state }, log.id)).toEqual(log);
});

test('starts what is due by its schedule once, and sets the next time without catching up on what was slept through', async () => {
  const { organization, clock, sync } = await simulated({ spec: { patients: 20 }, seed: 5 });
  await sync();
  const settings = { name: 'Scheduled', contact_email: 'it@example.com', schedule: 'rate(1 hour)' };
  await putSettings(organization, settings, clock.now);
  await startDueSyncs(clock.now + 59 * minuteMs);
  expect((await readSnapshot(organization))?.state.run).toBe(null);
  const later = clock.now + 200 * minuteMs;
  await startDueSyncs(later);
  await startDueSyncs(later);
  const snapshot = await readSnapshot(organization);
  expect(snapshot?.state.run?.operation).toBe('incremental_patients');
  expect(snapshot?.state.logs).toBe(2);
  expect((await findSettings(organization))?.due_at).toBe(new Date(clock.now + 240 * minuteMs).toISOString());
  if (snapshot) await fail(snapshot, 'SyncCanceled', later);
});

test('counts the starts that callers asked for, and gives back the one of a sync that fails', async () => {
  const { organization, clock } = await simulated({ spec: { patients: 20 }, seed: 9 });
  const limit = { calls: 2, seconds: 600 };
  const starts = async () => (await readSnapshot(organization))?.state.starts;
  const failNow = async () => {
    const snapshot = await readSnapshot(organization);
    if (snapshot) await fail(snapshot, 'SyncCanceled', clock.now);
  };
  expect(await startSync(organization, 'full_patients', limit, clock.now)).toMatchObject({
    kind: 'started',
    allowance: { remaining: 1 },
  });
  expect(await starts()).toEqual([clock.now]);
  expect(await startSync(organization, 'full_patients', limit, clock.now + 1)).toMatchObject({
    kind: 'running',
    allowance: { remaining: 0 },
  });
  await failNow();
  expect(await starts()).toEqual([]);
  await startSync(organization, 'full_patients', undefined, clock.now + 2);
  expect(await starts()).toEqual([]);
  await failNow();
});

test.each([
  ['rate(5 minutes)', 5],
  ['rate(1 hour)', 60],
  ['rate(6 hours)', 360],
  ['rate(1 day)', 1_440],
  ['rate(4 minutes)', undefined],
  ['rate(0 hours)', undefined],
  ['rate(400 days)', undefined],
  ['rate(1 week)', undefined],
  ['rate(6 hours) ', undefined],
])('reads the schedule %s', (text, minutes) => {
  expect(intervalOf(text)).toBe(minutes && minutes * minuteMs);
});

test('keeps the rhythm of a schedule', () => {
  expect(nextDue(100, 60, 100)).toBe(160);
  expect(nextDue(100, 60, 159)).toBe(160);
  expect(nextDue(100, 60, 160)).toBe(220);
});
