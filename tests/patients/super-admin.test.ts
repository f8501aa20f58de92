import { beforeAll, describe, expect, test } from 'vitest';
import { type Person, somebody } from '../people.ts';
import { ownServiceOfFile } from '../service/own.ts';
import { unlimitedRates } from '../service/unlimited.ts';
import { newPatient, newPatients } from './fixtures.ts';
import { created, everybody, PATIENTS, type Patient, unknownId } from './helpers.ts';

/** A world of three tenants and nobody else, with a super_admin who belongs to a fourth. */
interface World {
  boss: Person;
  people: Person[];
  patients: Patient[][];
}

let world: World;

beforeAll(async () => {
  const own = await ownServiceOfFile({ settings: unlimitedRates });
  const boss = await own.person({ role: 'super_admin' });
  const people = await Promise.all([1, 2, 3].map(() => own.person({ role: 'admin' })));
  const patients: Patient[][] = [];
  for (const person of people) patients.push(await created(person, 4));
  world = { boss, people, patients };
});

const byId = (patients: Patient[]) => patients.toSorted((one, other) => (one.id < other.id ? -1 : 1));

async function allOfAll(): Promise<Patient[]> {
  const lists = await Promise.all(world.people.map((person) => everybody(person)));
  return lists.flat();
}

test('a super_admin sees the patients of all tenants, once each and with the exact total', async () => {
  const { boss } = world;
  const all = await allOfAll();
  const page = await boss.api.patients.list();
  expect(page.body).toMatchObject({ total: all.length });
  expect(byId(await everybody(boss))).toEqual(byId(all));
  for (const limit of [1, 3, 5]) expect(byId(await everybody(boss, { limit }))).toEqual(byId(all));
  const byOffset: Patient[] = [];
  for (let offset = 0; offset < all.length; offset += 5) {
    const some = await boss.api.patients.list({ query: { limit: 5, offset } });
    if (some.ok) byOffset.push(...some.body.patients);
  }
  expect(byId(byOffset)).toEqual(byId(all));
});

test('a super_admin narrows a list and a dashboard to one tenant', async () => {
  const { boss, people, patients } = world;
  const query = { tenant_id: people[1]?.tenantId ?? '' };
  expect(await everybody(boss, query)).toEqual(patients[1]);
  expect((await boss.api.patients.dashboard({ query })).body).toMatchObject({ total_patients: 4 });
  expect((await boss.api.patients.dashboard()).body).toMatchObject({
    total_patients: (await allOfAll()).length,
  });
  expect(await everybody(boss, { tenant_id: 'nobody' })).toEqual([]);
});

test('a super_admin reads, changes and deletes any patient by its id alone', async () => {
  const { boss, people } = world;
  const [patient] = await created(people[0] as Person, 1);
  const params = { id: patient?.id ?? '' };
  expect((await boss.api.patients.get({ params })).body).toEqual(patient);
  const changed = await boss.api.patients.updateOne({ params, body: { last_name: 'Boss' } });
  expect(changed.body).toMatchObject({ last_name: 'Boss', tenant_id: people[0]?.tenantId });
  expect((await (people[0] as Person).api.patients.get({ params })).body).toEqual(changed.body);
  expect((await boss.api.patients.removeOne({ params })).status).toBe(204);
  expect((await (people[0] as Person).api.patients.get({ params })).status).toBe(404);
});

test('what does not exist anywhere is answered to a super_admin as to everyone', async () => {
  const { boss } = world;
  const id = unknownId();
  const answers = [
    await boss.api.patients.get({ params: { id } }),
    await boss.api.patients.updateOne({ params: { id }, body: {} }),
    await boss.api.patients.removeOne({ params: { id } }),
    await boss.api.patients.update({ body: [{ id }] }),
  ];
  for (const { status, body } of answers)
    expect({ status, body }).toEqual({ status: 404, body: { detail: `Patient ${id} not found` } });
});

describe('a batch of a super_admin over several tenants is one batch', () => {
  test('an update changes all of them, in the order of the request', async () => {
    const { boss, patients } = world;
    const ids = [2, 0, 1].flatMap((tenant) => patients[tenant]?.slice(0, 2).map(({ id }) => id) ?? []);
    const result = await boss.api.patients.update({ body: ids.map((id) => ({ id, allergies: 'Dust' })) });
    expect(result.body).toMatchObject({ updated: 6, patients: ids.map((id) => ({ id, allergies: 'Dust' })) });
    expect((await allOfAll()).filter(({ allergies }) => allergies === 'Dust')).toHaveLength(6);
  });

  test('an id that is nowhere is answered with 404, and no tenant changes', async () => {
    const { boss } = world;
    const before = await allOfAll();
    const absent = unknownId();
    const ids = before.map(({ id }) => id);
    ids.splice(5, 0, absent);
    const result = await boss.api.patients.update({ body: ids.map((id) => ({ id, allergies: 'Never' })) });
    expect(result.body).toEqual({ detail: `Patient ${absent} not found` });
    expect(await allOfAll()).toEqual(before);
  });

  test('a creation may name a tenant for each patient, and one that is not valid creates nobody anywhere', async () => {
    const { boss, people } = world;
    const before = await allOfAll();
    const tenants = people.map(({ tenantId }) => tenantId);
    const body = tenants.map((tenant_id, n) => newPatient(n, { tenant_id, last_name: 'Named' }));
    const refused = await boss.api.patients.create({ body: [...body, newPatient(9, { gender: 'x' })] });
    expect(refused.status).toBe(422);
    expect(await allOfAll()).toEqual(before);
    const result = await boss.api.patients.create({ body: [...body, newPatient(3)] });
    if (!result.ok) throw new Error('refused');
    expect(result.body.patients.map(({ tenant_id }) => tenant_id)).toEqual([...tenants, boss.tenantId]);
    for (const person of people)
      expect((await everybody(person)).filter(({ last_name }) => last_name === 'Named')).toHaveLength(1);
    await boss.api.patients.remove({ body: result.body.patients.map(({ id }) => id) });
  });

  test('a deletion deletes those of every tenant', async () => {
    const { boss, people } = world;
    const tenants = people.map(({ tenantId }) => tenantId);
    const body = [...newPatients(3, { tenant_id: tenants[0] }), ...newPatients(3, { tenant_id: tenants[2] })];
    const made = await boss.api.patients.create({ body });
    if (!made.ok) throw new Error('refused');
    const before = (await allOfAll()).length;
    const ids = made.body.patients.map(({ id }) => id);
    const result = await boss.api.patients.remove({ body: [...ids, unknownId()] });
    expect(result.body).toEqual({ deleted: 6, requested: 7 });
    expect((await allOfAll()).length).toBe(before - 6);
  });

  test('nobody ever sees it in one tenant and not in the other', async () => {
    const { boss, people } = world;
    const [first, second] = people as [Person, Person];
    const made = await boss.api.patients.create({
      body: [first, second].map(({ tenantId }, n) => newPatient(n, { tenant_id: tenantId, address: '0' })),
    });
    if (!made.ok) throw new Error('refused');
    const ids = made.body.patients.map(({ id }) => id);
    let writing = true;
    const writer = (async () => {
      for (let step = 1; step <= 25; step++)
        await boss.api.patients.update({ body: ids.map((id) => ({ id, address: String(step) })) });
      writing = false;
    })();
    const seen: string[][] = [];
    while (writing) {
      const all = await everybody(boss);
      seen.push(ids.map((id) => all.find((patient) => patient.id === id)?.address ?? 'missing'));
    }
    await writer;
    expect(seen.filter(([one, other]) => one !== other)).toEqual([]);
    expect(seen.length).toBeGreaterThan(1);
    await boss.api.patients.remove({ body: ids });
  });
});

test('more tenants than one transaction can hold are refused, and nothing is created', async () => {
  const { boss } = world;
  const before = await boss.api.patients.dashboard();
  const result = await boss.api.patients.create({
    body: Array.from({ length: 120 }, (_, n) => newPatient(n, { tenant_id: `many-${n}` })),
  });
  expect(result.status).toBe(413);
  expect(result.body).toEqual({ detail: expect.any(String) });
  expect((await boss.api.patients.dashboard()).body).toEqual(before.body);
});

test('what a super_admin did is in the log of the tenant, under the super_admin’s name', async () => {
  const { boss, people, patients } = world;
  const [person] = people as [Person];
  const [patient] = patients[0] as [Patient];
  await boss.api.patients.update({ body: [{ id: patient.id, allergies: 'Cats' }] });
  const expected = [
    { user_id: boss.userId, tenant_id: person.tenantId, action: 'UPDATE', resource_id: patient.id },
  ];
  const theirs = await person.api.patients.auditLogs({ query: { limit: 1 } });
  expect(theirs.body).toMatchObject({ logs: expected });
  const narrowed = await boss.api.patients.auditLogs({ query: { limit: 1, tenant_id: person.tenantId } });
  expect(narrowed.body).toMatchObject({ logs: expected });
});

test('a list of all tenants is remembered until something changes in one of them', async () => {
  const { boss, people } = world;
  const cache = async () => (await boss.fetch(`${PATIENTS}?limit=2`)).headers.get('x-cache');
  await cache();
  expect(await cache()).toBe('hit');
  const [made] = await created(people[2] as Person, 1);
  expect(await cache()).toBe('miss');
  expect((await everybody(boss)).some(({ id }) => id === made?.id)).toBe(true);
});

test('a tenant whose name is no text is refused', async () => {
  const boss = await somebody({ role: 'super_admin' });
  const result = await boss.api.patients.create({
    body: ['', {}, 'a\u0000'].map((tenant_id) => newPatient(0, { tenant_id })),
  });
  expect(result.status).toBe(422);
  expect(result.body).toMatchObject({
    detail: [0, 1, 2].map((index) => ({ loc: ['body', index, 'tenant_id'] })),
  });
});

describe('a tenant may have any name of 255 bytes that a text may have', () => {
  test.each(['😀', '医院', 'a b', '__proto__', '😀'.repeat(63), 'x'.repeat(255)])('%s', async (name) => {
    const { boss } = world;
    const made = await boss.api.patients.create({ body: newPatients(3, { tenant_id: name }) });
    expect(made.status).toBe(201);
    expect(await everybody(boss, { tenant_id: name, limit: 1 })).toHaveLength(3);
    if (!made.ok) throw new Error('refused');
    await boss.api.patients.remove({ body: made.body.patients.map(({ id }) => id) });
    expect(await everybody(boss, { tenant_id: name })).toEqual([]);
  });
});

test('names no tenant whose id is longer than a key can hold, and creates nobody', async () => {
  const boss = await somebody({ role: 'super_admin' });
  const tooLong = '\u533b'.repeat(86);
  const refused = { msg: 'ensure this value has at most 255 bytes in UTF-8' };
  const create = await boss.api.patients.create({ body: newPatients(1, { tenant_id: tooLong }) });
  expect([create.status, create.body]).toMatchObject([422, { detail: [refused] }]);
  const list = await boss.api.patients.list({ query: { tenant_id: tooLong } });
  expect([list.status, list.body]).toMatchObject([422, { detail: [refused] }]);
  const longest = `${'\u533b'.repeat(70)}${crypto.randomUUID()}`;
  const taken = await boss.api.patients.create({ body: newPatients(1, { tenant_id: longest }) });
  expect(taken.status).toBe(201);
  expect((await boss.api.patients.list({ query: { tenant_id: longest } })).body).toMatchObject({ total: 1 });
});
