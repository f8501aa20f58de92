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

test('names records that cannot be stored by their ids, and counts them', async () => {
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
    cliniko_patient_id: expect.stringMatching(/^\d{19}$/),
    reason: 'not usable: first_name',
  });
  const status = ok(await place.admin.api.cliniko.status({ params: { orgId: place.orgId } }));
  expect(status.patient_counts).toEqual({ total_in_cliniko: 50, synced_to_database: 45, success_rate: 90 });
});
