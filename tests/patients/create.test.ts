import { describe, expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { newPatient, newPatients } from './fixtures.ts';
import { BATCH, created, everybody, send } from './helpers.ts';

test('creates all patients of a batch and answers them in the order of the request', async () => {
  const { api, tenantId } = await somebody();
  const result = await api.patients.create({ body: newPatients(3) });
  expect(result.status).toBe(201);
  if (!result.ok) throw new Error('refused');
  expect(result.body).toMatchObject({ created: 3, total: 3 });
  expect(result.body.patients.map(({ first_name }) => first_name)).toEqual(['Ada 0', 'Ada 1', 'Ada 2']);
  expect(result.body.patients.every((patient) => patient.tenant_id === tenantId)).toBe(true);
});

test('creates nobody when one of them is not valid', async () => {
  const { api } = await somebody();
  const result = await api.patients.create({
    body: [newPatient(0), { ...newPatient(1), date_of_birth: undefined }],
  });
  expect(result.status).toBe(422);
  expect(result.body).toEqual({
    detail: [{ loc: ['body', 1, 'date_of_birth'], msg: 'field required', type: 'value_error.missing' }],
  });
  const list = await api.patients.list();
  expect(list.body).toMatchObject({ patients: [], total: 0 });
});

test('answers a patient with all its fields, those that were left out as null', async () => {
  const person = await somebody();
  const before = Date.now();
  const [patient] = await created(person, 1, { address: undefined });
  expect(patient).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    first_name: 'Ada 0',
    last_name: 'Lovelace',
    date_of_birth: '1990-12-10',
    gender: 'female',
    phone: '+255712000000',
    email: 'ada.0@example.com',
    address: null,
    medical_history: null,
    allergies: null,
    tenant_id: person.tenantId,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
    updated_at: patient?.created_at,
  });
  const at = Date.parse(patient?.created_at ?? '');
  expect(at).toBeGreaterThanOrEqual(before - 1000);
  expect(at).toBeLessThanOrEqual(Date.now() + 1000);
});

test('two patients may have the same e-mail address', async () => {
  const person = await somebody();
  await created(person, 2, { email: 'same@example.com' });
  await created(person, 1, { email: 'same@example.com' });
  expect(await everybody(person)).toHaveLength(3);
});

describe('a batch of any allowed size is created whole', () => {
  test.each([1, 96, 97, 98, 99, 100, 101, 250, 500])('%i patients', async (count) => {
    const person = await somebody();
    const patients = await created(person, count);
    expect(new Set(patients.map(({ id }) => id)).size).toBe(count);
    expect(await everybody(person)).toEqual(patients);
    expect((await person.api.patients.dashboard()).body).toMatchObject({
      total_patients: count,
      by_gender: { female: count },
    });
  });
});

test('more than 500 patients are too much for one batch, and none of them is created', async () => {
  const person = await somebody();
  const result = await person.api.patients.create({ body: newPatients(501) });
  expect(result.status).toBe(413);
  expect(result.body).toEqual({ detail: 'Batch size limited to 500 patients' });
  expect(await everybody(person)).toEqual([]);
});

test('more than 500 are too much whatever is wrong with them', async () => {
  const { untypedApi } = await somebody();
  const result = await untypedApi.patients.create({ body: Array.from({ length: 501 }, () => 'x') });
  expect(result.status).toBe(413);
});

test('numbers and booleans become text', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1, { first_name: 5, last_name: true, phone: 255712000111 });
  expect(patient).toMatchObject({ first_name: '5', last_name: 'True', phone: '255712000111' });
});

test('the domain of an e-mail address is answered in lower case, what stands before it as it was sent', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1, { email: 'Ada.L@EXAMPLE.Com' });
  expect(patient?.email).toBe('Ada.L@example.com');
});

test('null leaves an optional field empty', async () => {
  const person = await somebody();
  const empty = { email: null, address: null, medical_history: null, allergies: null };
  const [patient] = await created(person, 1, empty);
  expect(patient).toMatchObject(empty);
});

test('nobody but the service decides about ids, times and tenants', async () => {
  const [person, other] = [await somebody(), await somebody()];
  const forged = {
    id: '550e8400-e29b-41d4-a716-446655440000',
    tenant_id: other.tenantId,
    created_at: '2001-01-01T00:00:00Z',
    updated_at: '2001-01-01T00:00:00Z',
    is_admin: true,
  };
  const [patient] = await created(person, 1, forged);
  expect(patient).toMatchObject({ tenant_id: person.tenantId });
  expect(patient).not.toMatchObject({ id: forged.id });
  expect(patient).not.toHaveProperty('is_admin');
  expect(patient?.created_at).not.toBe(forged.created_at);
  expect(await everybody(other)).toEqual([]);
});

test('of two keys with the same name none is dropped: the body is refused', async () => {
  const person = await somebody();
  const body = JSON.stringify([newPatient()]).replace('"first_name"', '"first_name":"First","first_name"');
  expect((await send(person, 'POST', BATCH, body)).status).toBe(422);
  expect(await everybody(person)).toEqual([]);
});

test('a byte order mark before the body does not matter', async () => {
  const person = await somebody();
  const body = `\uFEFF${JSON.stringify([newPatient()])}`;
  expect((await send(person, 'POST', BATCH, body)).status).toBe(201);
  expect(await everybody(person)).toHaveLength(1);
});

test('without a token nothing is created', async () => {
  const person = await somebody();
  const result = await person.api.patients.create({ body: newPatients(1), headers: { Authorization: '' } });
  expect(result.status).toBe(401);
  expect(result.body).toEqual({ detail: 'Not authenticated' });
  expect(result.headers.get('www-authenticate')).toBe('Bearer');
  expect(await everybody(person)).toEqual([]);
});

test('a viewer creates nobody', async () => {
  const viewer = await somebody({ role: 'viewer' });
  const result = await viewer.api.patients.create({ body: newPatients(1) });
  expect(result.status).toBe(403);
  expect(result.body).toEqual({ detail: 'Not enough permissions' });
  expect(await everybody(viewer)).toEqual([]);
});

describe('everybody who writes may create', () => {
  test.each(['user', 'manager', 'admin', 'super_admin'] as const)('%s', async (role) => {
    const person = await somebody({ role });
    const [patient] = await created(person, 1);
    expect(patient?.tenant_id).toBe(person.tenantId);
  });
});
