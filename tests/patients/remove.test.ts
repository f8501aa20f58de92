import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { somebody } from '../people.ts';
import { created, everybody, flaw, none, unknownId } from './helpers.ts';

test('deletes the patients that exist and tells how many were asked for', async () => {
  const person = await somebody();
  const [one, two, three] = await created(person, 3);
  const result = await person.api.patients.remove({ body: [one?.id, unknownId(), three?.id] });
  expect(result.status).toBe(200);
  expect(result.body).toEqual({ deleted: 2, requested: 3 });
  expect(await everybody(person)).toEqual([two]);
});

test('an id that comes several times is deleted once and requested each time', async () => {
  const person = await somebody();
  const [one] = await created(person, 1);
  const id = one?.id ?? '';
  const result = await person.api.patients.remove({
    body: [id, id, id.toUpperCase(), id.replaceAll('-', ''), `{${id}}`],
  });
  expect(result.body).toEqual({ deleted: 1, requested: 5 });
});

test('ids that are no ids at all count as not found', async () => {
  const person = await somebody();
  const [one] = await created(person, 1);
  const body = ['x', '', 5, true, '../..', "' OR 1=1 --", 'x'.repeat(5_000), one?.id];
  const result = await person.api.patients.remove({ body });
  expect(result.status).toBe(200);
  expect(result.body).toEqual({ deleted: 1, requested: body.length });
});

test('entries that are no text are refused, and nobody is deleted', async () => {
  const person = await somebody();
  const patients = await created(person, 1);
  const result = await person.api.patients.remove({ body: [patients[0]?.id, null, {}, ['x']] });
  expect(result.status).toBe(422);
  expect(result.body).toEqual({
    detail: [
      none('body', 1),
      flaw(['body', 2], 'str type expected', 'type_error.str'),
      flaw(['body', 3], 'str type expected', 'type_error.str'),
    ],
  });
  expect(await everybody(person)).toEqual(patients);
});

test('patients of another tenant count as not found and stay', async () => {
  const [person, other] = [await somebody(), await somebody()];
  const [own] = await created(person, 1);
  const foreign = await created(other, 2);
  const result = await person.api.patients.remove({ body: [...foreign.map(({ id }) => id), own?.id] });
  expect(result.body).toEqual({ deleted: 1, requested: 3 });
  expect(await everybody(other)).toEqual(foreign);
});

test('when none of them exists nothing is deleted, and that is no error', async () => {
  const { api } = await somebody();
  const result = await api.patients.remove({ body: [unknownId(), unknownId()] });
  expect(result.status).toBe(200);
  expect(result.body).toEqual({ deleted: 0, requested: 2 });
});

test('deleting again deletes nobody', async () => {
  const person = await somebody();
  const ids = (await created(person, 5)).map(({ id }) => id);
  expect((await person.api.patients.remove({ body: ids })).body).toEqual({ deleted: 5, requested: 5 });
  expect((await person.api.patients.remove({ body: ids })).body).toEqual({ deleted: 0, requested: 5 });
});

test('500 patients are deleted together, and 501 ids are too many', async () => {
  const person = await somebody();
  const ids = (await created(person, 500)).map(({ id }) => id);
  const tooMany = await person.api.patients.remove({ body: [...ids, unknownId()] });
  expect(tooMany.status).toBe(413);
  expect(tooMany.body).toEqual({ detail: 'Batch size limited to 500 patients' });
  expect((await person.api.patients.dashboard()).body).toMatchObject({ total_patients: 500 });
  expect((await person.api.patients.remove({ body: ids })).body).toEqual({ deleted: 500, requested: 500 });
  expect(await everybody(person)).toEqual([]);
});

test('whatever is asked for, deleted are the own ones and requested is the length', async () => {
  const other = await somebody();
  const foreign = (await created(other, 10)).map(({ id }) => id);
  for (let round = 0; round < 4; round++) {
    const person = await somebody();
    let own = (await created(person, 30)).map(({ id }) => id);
    for (let call = 0; call < 8; call++) {
      const pool = [...own, ...foreign, unknownId(), 'x'];
      const asked = Array.from({ length: 1 + randomInt(12) }, () => pool[randomInt(pool.length)] ?? '');
      const expected = new Set(asked.filter((id) => own.includes(id))).size;
      const { body } = await person.api.patients.remove({ body: asked });
      expect({ asked, body }).toEqual({ asked, body: { deleted: expected, requested: asked.length } });
      own = own.filter((id) => !asked.includes(id));
    }
    expect((await everybody(person)).map(({ id }) => id)).toEqual(own);
  }
  expect(await everybody(other)).toHaveLength(10);
});

test('a viewer and a stranger delete nobody', async () => {
  const person = await somebody();
  const patients = await created(person, 1);
  const body = patients.map(({ id }) => id);
  const viewer = await somebody({ role: 'viewer', tenantId: person.tenantId });
  expect((await viewer.api.patients.remove({ body })).status).toBe(403);
  expect((await person.api.patients.remove({ body, headers: { Authorization: '' } })).status).toBe(401);
  expect(await everybody(person)).toEqual(patients);
});
