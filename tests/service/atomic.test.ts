import { beforeAll, describe, expect, test } from 'vitest';
import { newPatients } from '../patients/fixtures.ts';
import { created, everybody } from '../patients/helpers.ts';
import type { Person } from '../people.ts';
import { ownServiceOfFile } from './own.ts';
import { unlimitedRates } from './unlimited.ts';

let own: Awaited<ReturnType<typeof ownServiceOfFile>>;
beforeAll(async () => {
  own = await ownServiceOfFile({ settings: unlimitedRates });
});

/** Reads again and again while something is written, and gives what was seen. */
async function during<T>(writing: Promise<unknown>, read: () => Promise<T>): Promise<T[]> {
  let going = true;
  const ended = writing.finally(() => {
    going = false;
  });
  const seen: T[] = [];
  while (going) seen.push(await read());
  await ended;
  return seen;
}

const totals = async (person: Person) => {
  const [list, dashboard] = [
    await person.api.patients.list({ query: { limit: 500 } }),
    await person.api.patients.dashboard(),
  ];
  if (!list.ok || !dashboard.ok) throw new Error('not read');
  return [list.body.patients.length, list.body.total, dashboard.body.total_patients];
};

/** One size that a single transaction can hold and one that it cannot. */
describe.each([60, 300])('of a batch of %i every reader sees all or nothing', (size) => {
  test('while it is created and deleted', async () => {
    const person = await own.person();
    const rounds = async () => {
      for (let round = 0; round < 4; round++) {
        const patients = await created(person, size);
        await person.api.patients.remove({ body: patients.map(({ id }) => id) });
      }
    };
    const seen = (await during(rounds(), () => totals(person))).flat();
    expect(seen.filter((count) => count !== 0 && count !== size)).toEqual([]);
    expect(seen.length).toBeGreaterThan(8);
  });

  test('while it is changed', async () => {
    const person = await own.person();
    const ids = (await created(person, size, { address: '0' })).map(({ id }) => id);
    const rounds = async () => {
      for (let round = 1; round <= 6; round++)
        await person.api.patients.update({ body: ids.map((id) => ({ id, address: String(round) })) });
    };
    const seen = await during(rounds(), () => everybody(person));
    const mixed = seen.map((patients) => new Set(patients.map(({ address }) => address)).size);
    expect(mixed.filter((versions) => versions !== 1)).toEqual([]);
    expect(seen.every((patients) => patients.length === size)).toBe(true);
    expect(new Set(seen.map(([patient]) => patient?.address)).size).toBeGreaterThan(1);
  });
});

test('several who change different fields of the same patients at once all have their way', async () => {
  const people = await Promise.all([1, 2, 3, 4].map(() => own.person({ tenantId: 'together' })));
  const [first] = people as [Person];
  const ids = (await created(first, 20)).map(({ id }) => id);
  const fields = ['address', 'medical_history', 'allergies', 'last_name'];
  const statuses = await Promise.all(
    people.map(async (person, index) => {
      const field = fields[index] ?? '';
      const result = await person.api.patients.update({ body: ids.map((id) => ({ id, [field]: 'mine' })) });
      return result.status;
    }),
  );
  expect(statuses).toEqual([200, 200, 200, 200]);
  for (const patient of await everybody(first))
    expect(patient).toMatchObject(Object.fromEntries(fields.map((field) => [field, 'mine'])));
});

test('what many do to the same patients at once is what the counts and the log say', async () => {
  const tenantId = 'crowd';
  const people = await Promise.all(Array.from({ length: 6 }, () => own.person({ tenantId, role: 'admin' })));
  const [first] = people as [Person];
  const shared = (await created(first, 30)).map(({ id }) => id);
  const tally = { create: 30, update: 0, delete: 0 };
  await Promise.all(
    people.map(async (person, index) => {
      for (let round = 0; round < 5; round++) {
        const some = shared.filter((_, n) => (n + round) % 3 === index % 3);
        const changes = await person.api.patients.update({
          body: some.map((id) => ({ id, gender: 'other' })),
        });
        if (changes.ok) tally.update += changes.body.updated;
        else expect([404, 409]).toContain(changes.status);
        const made = await person.api.patients.create({ body: newPatients(3) });
        if (made.ok) tally.create += made.body.created;
        else expect(made.status).toBe(409);
        const gone = await person.api.patients.remove({ body: shared.slice(round * 6, round * 6 + 2) });
        if (gone.ok) tally.delete += gone.body.deleted;
        else expect(gone.status).toBe(409);
      }
    }),
  );
  const patients = await everybody(first);
  const others = patients.filter(({ gender }) => gender === 'other').length;
  expect(tally.delete).toBe(10);
  expect(patients).toHaveLength(tally.create - tally.delete);
  expect((await first.api.patients.dashboard()).body).toEqual({
    total_patients: patients.length,
    by_gender: { male: 0, female: patients.length - others, other: others },
    operations: tally,
  });
  const log = await first.api.patients.auditLogs({ query: { limit: 500, action: 'DELETE' } });
  expect(log.body).toMatchObject({ logs: Array.from({ length: 10 }, () => ({ action: 'DELETE' })) });
});
