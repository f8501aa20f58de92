import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { newPatient, newPatients } from './fixtures.ts';

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
