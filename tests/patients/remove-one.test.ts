import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { badUuid, created, everybody, PATIENTS, unknownId } from './helpers.ts';

test('deletes one patient and answers without a body', async () => {
  const person = await somebody();
  const [gone, here] = await created(person, 2);
  const response = await person.fetch(`${PATIENTS}/${gone?.id}`, { method: 'DELETE' });
  expect(response.status).toBe(204);
  expect(await response.text()).toBe('');
  expect(await everybody(person)).toEqual([here]);
});

test('a patient that is gone cannot be deleted again', async () => {
  const person = await somebody();
  const [gone] = await created(person, 1);
  const params = { id: gone?.id ?? '' };
  expect((await person.api.patients.removeOne({ params })).status).toBe(204);
  const again = await person.api.patients.removeOne({ params });
  expect(again.status).toBe(404);
  expect(again.body).toEqual({ detail: `Patient ${gone?.id} not found` });
});

test('a patient of another tenant is answered exactly as one that does not exist, and stays', async () => {
  const [person, other] = [await somebody(), await somebody()];
  const theirs = await created(other, 1);
  for (const id of [theirs[0]?.id ?? '', unknownId()]) {
    const result = await person.api.patients.removeOne({ params: { id } });
    expect(result.status).toBe(404);
    expect(result.body).toEqual({ detail: `Patient ${id} not found` });
  }
  expect(await everybody(other)).toEqual(theirs);
});

test('a path that ends in no id is refused', async () => {
  const { api } = await somebody();
  const result = await api.patients.removeOne({ params: { id: 'x' } });
  expect(result.status).toBe(422);
  expect(result.body).toEqual({ detail: [badUuid('path', 'id')] });
});

test('a viewer and a stranger delete nobody', async () => {
  const person = await somebody();
  const patients = await created(person, 1);
  const params = { id: patients[0]?.id ?? '' };
  const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
  expect((await viewer.api.patients.removeOne({ params })).status).toBe(403);
  const stranger = await person.api.patients.removeOne({ params, headers: { Authorization: '' } });
  expect(stranger.status).toBe(401);
  expect(await everybody(person)).toEqual(patients);
});
