import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { newPatient } from './fixtures.ts';
import { everybody, flaw, missing } from './helpers.ts';

test('creates one patient', async () => {
  const person = await somebody();
  const result = await person.api.patients.createOne({ body: newPatient(1) });
  expect(result.status).toBe(201);
  expect(result.body).toMatchObject({ ...newPatient(1), tenant_id: person.tenantId, allergies: null });
  expect(await everybody(person)).toEqual([result.body]);
});

test('creates nobody from fields that are not valid, and names them all', async () => {
  const person = await somebody();
  const result = await person.api.patients.createOne({
    body: newPatient(1, { phone: undefined, email: 'x' }),
  });
  expect(result.status).toBe(422);
  expect(result.body).toEqual({
    detail: [
      missing('body', 'phone'),
      flaw(['body', 'email'], 'value is not a valid email address', 'value_error.email'),
    ],
  });
  expect(await everybody(person)).toEqual([]);
});

test('the tenant of the token counts, not that of the body', async () => {
  const [person, other] = [await somebody({ role: 'admin' }), await somebody()];
  const result = await person.api.patients.createOne({ body: newPatient(1, { tenant_id: other.tenantId }) });
  expect(result.body).toMatchObject({ tenant_id: person.tenantId });
  expect(await everybody(other)).toEqual([]);
});

test('single creations are not limited as batches are', async () => {
  const person = await somebody();
  for (let n = 0; n < 12; n++) {
    const result = await person.api.patients.createOne({ body: newPatient(n) });
    expect(result.status).toBe(201);
    expect(result.headers.get('x-ratelimit-limit')).toBeNull();
  }
});

test('a viewer and a stranger create nobody', async () => {
  const viewer = await somebody({ role: 'viewer' });
  expect((await viewer.api.patients.createOne({ body: newPatient() })).status).toBe(403);
  const stranger = await viewer.api.patients.createOne({
    body: newPatient(),
    headers: { Authorization: '' },
  });
  expect(stranger.status).toBe(401);
  expect(await everybody(viewer)).toEqual([]);
});
