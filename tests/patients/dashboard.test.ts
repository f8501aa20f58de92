import { expect, test } from 'vitest';
import { type Person, somebody } from '../people.ts';
import { created } from './helpers.ts';

const dashboard = async (person: Person) => (await person.api.patients.dashboard()).body;

test('counts patients by gender and what was done to them', async () => {
  const person = await somebody();
  const women = await created(person, 5);
  const men = await created(person, 3, { gender: 'male' });
  await person.api.patients.update({ body: women.slice(0, 2).map(({ id }) => ({ id, gender: 'other' })) });
  await person.api.patients.remove({ body: [men[0]?.id, men[0]?.id, 'nobody'] });
  expect(await dashboard(person)).toEqual({
    total_patients: 7,
    by_gender: { male: 2, female: 3, other: 2 },
    operations: { create: 8, update: 2, delete: 1 },
  });
});

test('a tenant without patients has zeros', async () => {
  expect(await dashboard(await somebody())).toEqual({
    total_patients: 0,
    by_gender: { male: 0, female: 0, other: 0 },
    operations: { create: 0, update: 0, delete: 0 },
  });
});

test('what was refused is not counted', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1);
  await person.api.patients.update({ body: [{ id: patient?.id }, { id: crypto.randomUUID() }] });
  await person.untypedApi.patients.create({ body: [{}] });
  await person.api.patients.remove({ body: ['nobody'] });
  expect(await dashboard(person)).toMatchObject({ operations: { create: 1, update: 0, delete: 0 } });
});

test('other tenants do not count', async () => {
  const person = await somebody();
  await created(await somebody(), 2);
  expect(await dashboard(person)).toMatchObject({ total_patients: 0 });
});

test('counts are remembered until something changes, and never longer', async () => {
  const person = await somebody();
  const cache = async () => (await person.api.patients.dashboard()).headers.get('x-cache');
  await created(person, 1);
  expect(await cache()).toBe('miss');
  expect(await cache()).toBe('hit');
  await created(person, 1);
  expect(await cache()).toBe('miss');
  expect(await dashboard(person)).toMatchObject({ total_patients: 2 });
});

test('a viewer may read, a stranger may not', async () => {
  const viewer = await somebody({ role: 'viewer' });
  expect((await viewer.api.patients.dashboard()).status).toBe(200);
  const stranger = await viewer.api.patients.dashboard({ headers: { Authorization: '' } });
  expect(stranger.status).toBe(401);
  expect(stranger.body).toEqual({ detail: 'Not authenticated' });
});
