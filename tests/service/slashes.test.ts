import { describe, expect, inject, test } from 'vitest';
import { endpoints } from '../../functions/index.ts';
import { newPatient, newPatients } from '../patients/fixtures.ts';
import { created, everybody } from '../patients/helpers.ts';
import { somebody } from '../people.ts';

const readable = Object.values(endpoints)
  .flatMap((system) => Object.values(system))
  .filter(({ method }) => method === 'GET');

describe('a path is the same with a slash at its end and without, and neither redirects', () => {
  test.each(readable.map(({ path }) => path))('GET %s', async (path) => {
    const admin = await somebody({ role: 'admin' });
    const [patient] = await created(admin, 2);
    const concrete = path.replace('{id}', patient?.id ?? '').replace(/\{\w+\}/g, '123');
    const answers = await Promise.all(
      [concrete, `${concrete}/`].map(async (form) => {
        const response = await admin.fetch(form, { redirect: 'manual' });
        return { status: response.status, text: await response.text() };
      }),
    );
    // The 404 for a record comes from its own endpoint, not from the answer for unknown paths.
    const unknown = await (await admin.fetch(`${concrete}/nowhere`)).text();
    expect(answers[0]?.text).not.toBe(unknown);
    if (path === concrete || path.startsWith('/api/v1/patients')) expect(answers[0]?.status).toBe(200);
    // Other tests write at the same time, and the metrics of all tenants show it.
    if (path !== '/metrics') expect(answers[1]).toEqual(answers[0]);
    else expect(answers[1]?.status).toBe(200);
  });

  test('writing', async () => {
    const person = await somebody();
    const call = async (method: string, path: string, body?: unknown) =>
      (
        await person.fetch(path, {
          method,
          redirect: 'manual',
          headers: { 'Content-Type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
      ).status;
    expect(await call('POST', '/api/v1/batch/patients/', newPatients(2))).toBe(201);
    expect(await call('POST', '/api/v1/patients/', newPatient(3))).toBe(201);
    const [one, two, three] = (await everybody(person)).map(({ id }) => id);
    expect(await call('PUT', '/api/v1/batch/patients/', [{ id: one, phone: '+1' }])).toBe(200);
    expect(await call('PUT', `/api/v1/patients/${two}/`, { phone: '+1' })).toBe(200);
    expect(await call('DELETE', '/api/v1/batch/patients/', [one])).toBe(200);
    expect(await call('DELETE', `/api/v1/patients/${two}/`)).toBe(204);
    expect((await everybody(person)).map(({ id }) => id)).toEqual([three]);
  });

  test('a query behind the slash counts', async () => {
    const person = await somebody();
    await created(person, 2);
    const response = await fetch(`${inject('url')}/api/v1/patients/?limit=1`, {
      headers: { Authorization: `Bearer ${person.token}` },
    });
    expect(await response.json()).toMatchObject({ limit: 1, total: 2 });
  });
});
