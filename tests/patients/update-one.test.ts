import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { badUuid, created, everybody, none, unknownId } from './helpers.ts';

test('changes the fields that are given, clears those that are null, keeps the others', async () => {
  const person = await somebody();
  const [patient, other] = await created(person, 2, { allergies: 'Nuts' });
  const result = await person.api.patients.updateOne({
    params: { id: patient?.id ?? '' },
    body: { last_name: 'Byron', allergies: null },
  });
  expect(result.status).toBe(200);
  const [now, untouched] = await everybody(person);
  expect(result.body).toEqual(now);
  expect(now).toEqual({ ...patient, last_name: 'Byron', allergies: null, updated_at: now?.updated_at });
  expect(untouched).toEqual(other);
});

test('ids, tenants, times and unknown fields of the body are ignored', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1);
  await person.untypedApi.patients.updateOne({
    params: { id: patient?.id ?? '' },
    body: { id: unknownId(), tenant_id: 'x', created_at: 'x', updated_at: 5, x: {}, phone: '+1' },
  });
  const [now] = await everybody(person);
  expect(now).toEqual({ ...patient, phone: '+1', updated_at: now?.updated_at });
});

test('null is refused for a field that must not be empty, and nothing changes', async () => {
  const person = await somebody();
  const patients = await created(person, 1);
  const result = await person.api.patients.updateOne({
    params: { id: patients[0]?.id ?? '' },
    body: { phone: null, last_name: 'B' },
  });
  expect(result.status).toBe(422);
  expect(result.body).toEqual({ detail: [none('body', 'phone')] });
  expect(await everybody(person)).toEqual(patients);
});

test('errors of the path and of the body are told together', async () => {
  const { api } = await somebody();
  const result = await api.patients.updateOne({ params: { id: 'x' }, body: { phone: null } });
  expect(result.body).toEqual({ detail: [badUuid('path', 'id'), none('body', 'phone')] });
});

test('a patient of another tenant is answered exactly as one that does not exist', async () => {
  const [person, other] = [await somebody(), await somebody()];
  const theirs = await created(other, 1);
  for (const id of [theirs[0]?.id ?? '', unknownId()]) {
    const result = await person.api.patients.updateOne({ params: { id }, body: { phone: '+1' } });
    expect(result.status).toBe(404);
    expect(result.body).toEqual({ detail: `Patient ${id} not found` });
  }
  expect(await everybody(other)).toEqual(theirs);
});

test('a viewer and a stranger change nothing', async () => {
  const person = await somebody();
  const patients = await created(person, 1);
  const call = { params: { id: patients[0]?.id ?? '' }, body: { phone: '+1' } };
  const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
  expect((await viewer.api.patients.updateOne(call)).status).toBe(403);
  expect((await person.api.patients.updateOne({ ...call, headers: { Authorization: '' } })).status).toBe(401);
  expect(await everybody(person)).toEqual(patients);
});
