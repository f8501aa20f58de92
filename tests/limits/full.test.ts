import { beforeAll, expect, test } from 'vitest';
import { noLimits } from '../../local/limits/limits.ts';
import { newPatients } from '../patients/fixtures.ts';
import { everybody } from '../patients/helpers.ts';
import { type Own, ownServiceOfFile } from '../service/own.ts';
import { unlimitedRates } from '../service/unlimited.ts';

/** Stands for 10 GB: the room of about 250 patients with their entries in the thin index. */
const collectionBytesMax = 200_000;

let own: Own;
beforeAll(async () => {
  own = await ownServiceOfFile({ limits: { ...noLimits, collectionBytesMax }, settings: unlimitedRates });
});

const full = { status: 507, body: { detail: 'The storage of this tenant is full: nothing was written' } };

test('an almost full tenant takes no new records, but reads, changes and deletions as before', async () => {
  const { api, ...person } = await own.person({ role: 'admin' });
  const ids: string[] = [];
  let refused: { status: number; body: unknown } | undefined;
  // Ends at the limit: it is a few batches away.
  while (!refused && ids.length < 1_000) {
    const result = await api.patients.create({ body: newPatients(20) });
    if (result.ok) ids.push(...result.body.patients.map(({ id }) => id));
    else refused = { status: result.status, body: result.body };
  }
  expect(refused).toEqual(full);
  expect(ids.length).toBeGreaterThan(100);
  expect(own.running.limitCounts().full).toBe(0);

  const people = await everybody({ api, ...person });
  expect(people.map(({ id }) => id).sort()).toEqual(ids.toSorted());
  const changed = await api.patients.update({ body: ids.slice(0, 5).map((id) => ({ id, address: 'New' })) });
  expect(changed).toMatchObject({ status: 200, body: { updated: 5 } });
  const gone = await api.patients.remove({ body: ids.slice(0, 20) });
  expect(gone).toMatchObject({ status: 200, body: { deleted: 20 } });
  const left = await everybody({ api, ...person });
  expect(left.map(({ id }) => id).sort()).toEqual(ids.slice(20).toSorted());
  expect(await api.patients.create({ body: newPatients(1) })).toMatchObject(full);
});

test('a batch that the partition cannot hold is refused as a whole, and leaves nothing behind', async () => {
  const { api, ...person } = await own.person({ role: 'admin' });
  const first = await api.patients.create({ body: newPatients(20) });
  expect(first.status).toBe(201);
  expect(await api.patients.create({ body: newPatients(500) })).toMatchObject(full);
  expect(own.running.limitCounts().full).toBeGreaterThan(0);
  expect(await everybody({ api, ...person })).toHaveLength(20);
  // The next transaction would have to wait for one that is not rolled back.
  const begun = Date.now();
  expect(await api.patients.create({ body: newPatients(20) })).toMatchObject({ status: 201 });
  expect(Date.now() - begun).toBeLessThan(10_000);
  expect(await everybody({ api, ...person })).toHaveLength(40);
});

test('a full tenant is no matter of any other', async () => {
  const { api } = await own.person({ role: 'admin' });
  expect((await api.patients.create({ body: newPatients(20) })).status).toBe(201);
});
