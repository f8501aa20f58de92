import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Consumed } from '../costs/consumed.ts';
import { newClinic, startSync } from '../costs/jobs.ts';
import { manySyncs, startWorld, type World } from '../costs/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(manySyncs);
});
afterAll(() => world.stop());

const patientsPerPage = 100;

/** What a sync of so many patients consumes if none of them has changed since the one before. */
async function unchangedSync(patients: number): Promise<Consumed> {
  const user = await world.user();
  await newClinic(world, user, patients);
  await world.consumed(startSync(user));
  return await world.consumed(startSync(user));
}

test('a page of 100 patients that did not change writes at most 5 units, and reads half a unit for each', async () => {
  const [few, many] = [await unchangedSync(200), await unchangedSync(600)];
  const pages = (600 - 200) / patientsPerPage;
  expect((many.write - few.write) / pages).toBeLessThanOrEqual(5);
  // Each page also reads the settings and the state of its organisation, and whether calls may be made.
  expect((many.read - few.read) / pages).toBeLessThanOrEqual(patientsPerPage / 2 + 7);
}, 120_000);

test('a sync in which a few patients changed writes no others', async () => {
  const user = await world.user();
  const { change } = await newClinic(world, user, 300);
  await world.consumed(startSync(user));
  const same = await world.consumed(startSync(user));
  await change({ update: 10 });
  const changed = await world.consumed(startSync(user));
  // Each of them once, at two units in the transaction that counts it.
  expect(changed.write - same.write).toBeLessThanOrEqual(10 * 2 * 2 + 5);
  expect(changed.write).toBeGreaterThan(same.write);
}, 120_000);
