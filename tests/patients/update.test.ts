import { describe, expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { badUuid, created, everybody, flaw, missing, none, unknownId } from './helpers.ts';

test('changes the fields that are given and keeps the others', async () => {
  const person = await somebody();
  const [one, two, three] = await created(person, 3, { allergies: 'Nuts' });
  const result = await person.api.patients.update({
    body: [
      { id: two?.id, phone: '+9999999999', email: 'new@example.com' },
      { id: one?.id, address: '456 Oak Ave, City, State 54321' },
    ],
  });
  expect(result.status).toBe(200);
  if (!result.ok) throw new Error('refused');
  const [first, second] = result.body.patients;
  expect(result.body.updated).toBe(2);
  expect(first).toEqual({
    ...two,
    phone: '+9999999999',
    email: 'new@example.com',
    updated_at: first?.updated_at,
  });
  expect(second).toEqual({
    ...one,
    address: '456 Oak Ave, City, State 54321',
    updated_at: second?.updated_at,
  });
  expect(Date.parse(first?.updated_at ?? '')).toBeGreaterThanOrEqual(Date.parse(two?.updated_at ?? ''));
  expect(await everybody(person)).toEqual([second, first, three]);
});

test('null clears a field that may be empty', async () => {
  const person = await somebody();
  const full = { email: 'a@example.com', address: 'A', medical_history: 'M', allergies: 'L' };
  const [patient] = await created(person, 1, full);
  const empty = { email: null, address: null, medical_history: null, allergies: null };
  const result = await person.api.patients.update({ body: [{ id: patient?.id, ...empty }] });
  expect(result.status).toBe(200);
  expect(await everybody(person)).toMatchObject([{ ...empty, first_name: 'Ada 0' }]);
});

test('null is refused for a field that must not be empty, and nothing changes', async () => {
  const person = await somebody();
  const patients = await created(person, 2);
  const result = await person.api.patients.update({
    body: [
      { id: patients[0]?.id, first_name: 'Changed' },
      {
        id: patients[1]?.id,
        first_name: null,
        last_name: null,
        date_of_birth: null,
        gender: null,
        phone: null,
      },
    ],
  });
  expect(result.status).toBe(422);
  expect(result.body).toEqual({
    detail: ['first_name', 'last_name', 'date_of_birth', 'gender', 'phone'].map((field) =>
      none('body', 1, field),
    ),
  });
  expect(await everybody(person)).toEqual(patients);
});

test('a patient without an id is refused', async () => {
  const { untypedApi } = await somebody();
  const result = await untypedApi.patients.update({ body: [{ first_name: 'B' }, { id: null }] });
  expect(result.status).toBe(422);
  expect(result.body).toEqual({ detail: [missing('body', 0, 'id'), none('body', 1, 'id')] });
});

const repeated = (index: number) =>
  flaw(['body', index, 'id'], 'ids must be unique', 'value_error.list.unique_items');

test('an id that comes a second time is refused there, however it is written, and nothing changes', async () => {
  const person = await somebody();
  const patients = await created(person, 2);
  const [one, two] = patients.map(({ id }) => id);
  const result = await person.api.patients.update({
    body: [
      { id: one, first_name: 'B' },
      { id: two, first_name: 'B' },
      { id: one?.toUpperCase(), first_name: 'C' },
      { id: one?.replaceAll('-', ''), first_name: 'D' },
    ],
  });
  expect(result.status).toBe(422);
  expect(result.body).toEqual({ detail: [repeated(2), repeated(3)] });
  expect(await everybody(person)).toEqual(patients);
});

test('repeated ids are told together with whatever else is wrong', async () => {
  const { untypedApi } = await somebody();
  const id = unknownId();
  const result = await untypedApi.patients.update({ body: [{ id, gender: 'x' }, { id }, 5, { id: 'x' }] });
  expect(result.body).toMatchObject({
    detail: [
      { loc: ['body', 0, 'gender'] },
      repeated(1),
      { loc: ['body', 2], type: 'type_error.dict' },
      badUuid('body', 3, 'id'),
    ],
  });
});

test('an id in capitals, without dashes or in braces is the same id', async () => {
  const person = await somebody();
  const patients = await created(person, 4);
  const [one = '', two = '', three = '', four = ''] = patients.map(({ id }) => id);
  const result = await person.api.patients.update({
    body: [one.toUpperCase(), two.replaceAll('-', ''), `{${three}}`, `urn:uuid:${four}`].map((id) => ({
      id,
      last_name: 'Same',
    })),
  });
  expect(result.body).toMatchObject({ updated: 4, patients: [one, two, three, four].map((id) => ({ id })) });
});

test('tenant, times and unknown fields are ignored', async () => {
  const [person, other] = [await somebody(), await somebody()];
  const [patient] = await created(person, 1);
  const result = await person.untypedApi.patients.update({
    body: [
      {
        id: patient?.id,
        last_name: 'Byron',
        tenant_id: other.tenantId,
        created_at: '2001-01-01T00:00:00Z',
        updated_at: 5,
        role: 'admin',
      },
    ],
  });
  expect(result.status).toBe(200);
  const [now] = await everybody(person);
  expect(now).toEqual({ ...patient, last_name: 'Byron', updated_at: now?.updated_at });
  expect(now?.updated_at).toMatch(/Z$/);
  expect(await everybody(other)).toEqual([]);
});

test('an id alone changes nothing but the time of the last change', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1);
  const result = await person.api.patients.update({ body: [{ id: patient?.id }] });
  expect(result.status).toBe(200);
  const [now] = await everybody(person);
  expect(now).toEqual({ ...patient, updated_at: now?.updated_at });
});

describe('an id that is not there is answered with 404 and changes nothing, wherever it stands', () => {
  test.each([
    [100, 0],
    [100, 1],
    [100, 49],
    [100, 97],
    [100, 98],
    [100, 99],
    [500, 0],
    [500, 250],
    [500, 499],
  ])('of %i at position %i', async (count, position) => {
    const [person, other] = [await somebody(), await somebody()];
    const patients = await created(person, count);
    const [foreign] = await created(other, 1);
    for (const id of [unknownId(), foreign?.id ?? '']) {
      const body = patients.map((patient) => ({ id: patient.id, last_name: 'Changed' }));
      body[position] = { id, last_name: 'Changed' };
      const result = await person.api.patients.update({ body });
      expect(result.status).toBe(404);
      expect(result.body).toEqual({ detail: `Patient ${id} not found` });
    }
    expect(await everybody(person)).toEqual(patients);
    expect(await everybody(other)).toEqual([foreign]);
  });
});

test('of several ids that are not there the first in the order of the request is named', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1);
  const absent = ['ffffffff-ffff-4fff-bfff-ffffffffffff', '00000000-0000-4000-8000-000000000000'];
  const result = await person.api.patients.update({
    body: [{ id: patient?.id }, ...absent.map((id) => ({ id }))],
  });
  expect(result.body).toEqual({ detail: `Patient ${absent[0]} not found` });
});

test('a patient of another tenant is answered exactly as one that does not exist', async () => {
  const [person, other] = [await somebody(), await somebody()];
  const [foreign] = await created(other, 1);
  const answers = await Promise.all(
    [foreign?.id ?? '', unknownId()].map(async (id) => {
      const response = await person.fetch('/api/v1/batch/patients', {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify([{ id, phone: '+1' }]),
      });
      return { status: response.status, text: (await response.text()).replace(id, 'ID') };
    }),
  );
  expect(answers[0]).toEqual(answers[1]);
});

test('a patient that was deleted cannot be changed', async () => {
  const person = await somebody();
  const [gone, here] = await created(person, 2);
  await person.api.patients.remove({ body: [gone?.id] });
  const result = await person.api.patients.update({
    body: [{ id: here?.id, phone: '+1' }, { id: gone?.id }],
  });
  expect(result.body).toEqual({ detail: `Patient ${gone?.id} not found` });
  expect(await everybody(person)).toEqual([here]);
});

test('500 patients are changed together', async () => {
  const person = await somebody();
  const patients = await created(person, 500);
  const result = await person.api.patients.update({
    body: patients.map(({ id }) => ({ id, gender: 'other' })),
  });
  expect(result.body).toMatchObject({ updated: 500 });
  expect((await person.api.patients.dashboard()).body).toMatchObject({
    total_patients: 500,
    by_gender: { female: 0, male: 0, other: 500 },
  });
});

test('a viewer and a stranger change nothing', async () => {
  const person = await somebody();
  const patients = await created(person, 1);
  const body = [{ id: patients[0]?.id, phone: '+1' }];
  const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
  expect((await viewer.api.patients.update({ body })).status).toBe(403);
  expect((await person.api.patients.update({ body, headers: { Authorization: '' } })).status).toBe(401);
  expect(await everybody(person)).toEqual(patients);
});
