import { expect, test } from 'vitest';
import { clinic, ok, sync } from './fixtures.ts';

/** Faults that need a real connection; the simulation covers the others. */
test.each([
  ['answers that stop in the middle', [{ name: 'slow_body', page: 2, times: 1 }]],
  ['answers that never begin', [{ name: 'slow_header', page: 2, times: 1 }]],
  [
    'cut connections and damaged compression',
    [
      { name: 'cut_body', page: 2, times: 1 },
      { name: 'bad_gzip', page: 3, times: 1 },
    ],
  ],
  ['an answer of 6 MB', [{ name: 'huge_page', page: 2, times: 1 }]],
  ['ids longer than a JavaScript number', [{ name: 'numeric_ids' }]],
  ['a rate limit with a reset', [{ name: 'rate_limited', page: 2, times: 1, seconds: 3 }]],
  ['a rate limit with a date', [{ name: 'rate_limited_date', page: 2, times: 1, seconds: 3 }]],
  ['an outage that outlasts the tries of a call', [{ name: 'server_error', page: 2, times: 12 }]],
  ['maintenance with a date', [{ name: 'maintenance', page: 2, times: 1, seconds: 3 }]],
  [
    'lists that change while they are read, server errors and names of all kinds',
    [
      { name: 'archived_during_walk', page: 3, times: 1 },
      { name: 'created_during_walk', page: 2, times: 1 },
      { name: 'server_error', rate: 0.1, times: 4 },
      { name: 'unicode' },
    ],
  ],
])('stores every patient over the wire in spite of %s', { timeout: 90_000 }, async (_name, faults) => {
  const place = await clinic({ patients: 320, archived: 15, faults });
  const log = await sync(place);
  expect(log).toMatchObject({ status: 'completed', records_failed: 0 });
  const { active, archived_ids, early, beyond } = await place.account.look();
  expect([early, beyond]).toEqual([0, 0]);
  const params = { orgId: place.orgId };
  const { patients, pagination } = ok(
    await place.admin.api.cliniko.activePatients({ params, query: { limit: '500' } }),
  );
  expect(pagination.total).toBe(active);
  expect(new Set(patients.map(({ cliniko_patient_id }) => cliniko_patient_id)).size).toBe(active);
  expect(patients.filter(({ cliniko_patient_id }) => archived_ids.includes(cliniko_patient_id))).toEqual([]);
});

test('stores 500 patients over the wire though a third of all answers fails, and says what was repeated', {
  timeout: 120_000,
}, async () => {
  const names = [
    'server_error',
    'html_error',
    'html_page',
    'short_body',
    'cut_body',
    'bad_gzip',
    'no_answer',
  ];
  const faults = names.map((name) => ({ name, rate: 1 / 20 }));
  const place = await clinic({ patients: 500, seed: 3, faults });
  const log = await sync(place);
  expect(log).toMatchObject({ status: 'completed', records_success: 500, records_failed: 0 });
  const { retries } = log.metadata;
  expect(Object.values(retries).reduce<number>((sum, count) => sum + Number(count), 0)).toBeGreaterThan(3);
  expect(
    Object.keys(retries).filter((kind) => !['server_error', 'unreadable', 'connection'].includes(kind)),
  ).toEqual([]);
});

test('repeats a call of every third answer, not the step with its finished calls', async () => {
  const place = await clinic({ patients: 500, faults: [{ name: 'server_error', every: 3 }] });
  const log = await sync(place);
  const { calls } = await place.account.look();
  const failures = Math.floor(calls / 3);
  expect(log).toMatchObject({ status: 'completed', metadata: { retries: { server_error: failures } } });
});

test('keeps every patient whose fields cannot be stored as they are, and tells the fields by name', async () => {
  const place = await clinic({ patients: 50, faults: [{ name: 'odd_fields' }] });
  const log = await sync(place);
  expect(log).toMatchObject({
    status: 'completed',
    records_success: 50,
    records_failed: 0,
    error_details: null,
    metadata: { warning_count: 45 },
  });
  const { patients } = ok(await place.admin.api.cliniko.activePatients({ params: { orgId: place.orgId } }));
  expect(patients).toHaveLength(50);
  expect(patients.every(({ sync_status }) => sync_status === 'success')).toBe(true);
  const told = log.metadata.warnings.slice(0, 9);
  expect(told.map(({ field, code }) => `${field} ${code}`)).toEqual([
    'first_name TEXT_CLEANED',
    'first_name TEXT_CUT',
    'patient_phone_numbers TEXT_CUT',
    'email VALUE_LEFT_OUT',
    'date_of_birth VALUE_LEFT_OUT',
    'first_name VALUE_LEFT_OUT',
    'first_name TEXT_CLEANED',
    'patient_phone_numbers VALUE_LEFT_OUT',
    'email VALUE_LEFT_OUT',
  ]);
  const [cleaned, cut, noted] = told.map(({ cliniko_patient_id: id }) =>
    patients.find(({ cliniko_patient_id }) => cliniko_patient_id === id),
  );
  expect([cleaned?.first_name, cut?.first_name?.length, noted?.phone]).toEqual([
    'Ada',
    2_000,
    '+61 412 345 678',
  ]);
  for (const { cliniko_patient_id, ...rest } of log.metadata.warnings) {
    expect(cliniko_patient_id).toMatch(/^\d{19}$/);
    expect(Object.keys(rest)).toEqual(['field', 'code']);
  }
});

test('names records that cannot be stored by their place, and counts them', async () => {
  const place = await clinic({ patients: 50, faults: [{ name: 'broken_records' }] });
  const log = await sync(place);
  expect(log).toMatchObject({
    status: 'completed',
    records_processed: 50,
    records_success: 45,
    records_failed: 5,
  });
  expect(log.error_details?.failed_records).toHaveLength(5);
  expect(log.error_details?.failed_records[0]).toEqual({
    cliniko_patient_id: expect.stringMatching(/^active 1\.\d+$/),
    reason: 'not usable: id',
  });
  const status = ok(await place.admin.api.cliniko.status({ params: { orgId: place.orgId } }));
  expect(status.patient_counts).toEqual({ total_in_cliniko: 50, synced_to_database: 45, success_rate: 90 });
});
