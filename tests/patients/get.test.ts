import { describe, expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { badUuid, created, PATIENTS, unknownId } from './helpers.ts';

test('reads one patient with all its fields', async () => {
  const person = await somebody();
  const [, patient] = await created(person, 2);
  const result = await person.api.patients.get({ params: { id: patient?.id ?? '' } });
  expect(result.status).toBe(200);
  expect(result.body).toEqual(patient);
});

test('an id in capitals or without dashes is the same id', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1);
  const id = patient?.id ?? '';
  for (const spelling of [id.toUpperCase(), id.replaceAll('-', ''), `{${id}}`])
    expect((await person.api.patients.get({ params: { id: spelling } })).body).toEqual(patient);
});

test('a patient of another tenant is answered exactly as one that does not exist', async () => {
  const [person, other] = [await somebody(), await somebody()];
  const [foreign] = await created(other, 1);
  const ids = [foreign?.id ?? '', unknownId()];
  const answers = await Promise.all(
    ids.map(async (id) => {
      const response = await person.fetch(`${PATIENTS}/${id}`);
      const names = [...response.headers.keys()].sort();
      return { status: response.status, names, text: (await response.text()).replace(id, 'ID') };
    }),
  );
  expect(answers[0]).toMatchObject({ status: 404, text: '{"detail":"Patient ID not found"}' });
  expect(answers[0]).toEqual(answers[1]);
});

describe('a path that ends in no id is refused', () => {
  test.each(['x', '%00', '%E0%A4%A', '..%2f..', '%20', '5', "'", 'x'.repeat(5_000)])('%s', async (id) => {
    const { fetch } = await somebody();
    const response = await fetch(`${PATIENTS}/${id}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({ detail: [badUuid('path', 'id')] });
  });
});

test('a patient is remembered until something changes, and never longer', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1);
  const id = patient?.id ?? '';
  const read = () => person.api.patients.get({ params: { id } });
  expect((await read()).headers.get('x-cache')).toBe('miss');
  expect((await read()).headers.get('x-cache')).toBe('hit');
  await person.api.patients.update({ body: [{ id, last_name: 'Byron' }] });
  const changed = await read();
  expect(changed.headers.get('x-cache')).toBe('miss');
  expect(changed.body).toMatchObject({ last_name: 'Byron' });
  await person.api.patients.remove({ body: [id] });
  expect((await read()).status).toBe(404);
});

test('a viewer may read, a stranger may not', async () => {
  const person = await somebody();
  const [patient] = await created(person, 1);
  const params = { id: patient?.id ?? '' };
  const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
  expect((await viewer.api.patients.get({ params })).body).toEqual(patient);
  const stranger = await person.api.patients.get({ params, headers: { Authorization: '' } });
  expect(stranger.status).toBe(401);
  expect(stranger.body).toEqual({ detail: 'Not authenticated' });
});
