import { describe, expect, inject, test } from 'vitest';
import { newPatient } from '../patients/fixtures.ts';
import { BATCH, created, everybody, send } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';
import { raw } from './raw.ts';

const MiB = 1024 * 1024;
const bodyBytesMax = 5 * MiB;

const padded = (bytes: number) => {
  const text = JSON.stringify([newPatient()]);
  return text + ' '.repeat(bytes - Buffer.byteLength(text));
};

test('a body of exactly the largest size is read, and one byte more is too much', async () => {
  const person = await somebody();
  expect((await send(person, 'POST', BATCH, padded(bodyBytesMax))).status).toBe(201);
  const more = await send(person, 'POST', BATCH, padded(bodyBytesMax + 1));
  expect(more.status).toBe(413);
  expect(JSON.parse(more.text)).toEqual({ detail: expect.any(String) });
  expect(await everybody(person)).toHaveLength(1);
});

describe('a larger body is refused in the shape of this API, by whatever part of the service sees it first', () => {
  test.each([5.5, 6, 6.5, 9, 10.5, 12])('%d MiB', async (size) => {
    const person = await somebody();
    const answer = await raw(inject('url') + BATCH, {
      method: 'POST',
      headers: [
        ['Authorization', `Bearer ${person.token}`],
        ['Content-Type', 'application/json'],
      ],
      body: padded(Math.ceil(size * MiB)),
    });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text)).toEqual({ detail: expect.any(String) });
    expect(answer.headers['x-request-id']).toBeTruthy();
    expect(await everybody(person)).toEqual([]);
  });

  test('characters that JSON writes longer inside an event', async () => {
    const person = await somebody();
    const body = JSON.stringify([newPatient(0, { address: '"'.repeat(2.4 * MiB) })]);
    const answer = await send(person, 'POST', BATCH, body);
    expect(answer.status).toBeLessThan(500);
    expect(JSON.parse(answer.text)).toHaveProperty('detail');
  });
});

test('headers that are too large are refused, and never a fault of ours', async () => {
  const person = await somebody();
  const answer = await raw(`${inject('url')}/api/v1/patients`, {
    headers: [
      ['Authorization', `Bearer ${person.token}`],
      ['X-Large', 'x'.repeat(12_000)],
    ],
  });
  expect(answer.status).toBe(431);
  expect(JSON.parse(answer.text)).toEqual({ detail: expect.any(String) });
});

describe('an answer is never too large to be sent', () => {
  const longHistory = { medical_history: '医'.repeat(10_000) };
  const many = async (person: Person) => [
    ...(await created(person, 150, longHistory)),
    ...(await created(person, 150, longHistory)),
  ];

  test('an update of patients with the longest histories is answered, not done and then called a fault', async () => {
    const person = await somebody();
    const patients = await many(person);
    const result = await person.api.patients.update({
      body: patients.map(({ id }) => ({ id, phone: '+999' })),
    });
    const { body } = await person.api.patients.list({ query: { limit: 1 } });
    const done = (body as { patients: { phone: string }[] }).patients[0]?.phone === '+999';
    expect({ status: result.status, done }).toEqual(
      result.status === 413 ? { status: 413, done: false } : { status: 200, done: true },
    );
  });

  test('the same with a key, and its replay', async () => {
    const person = await somebody();
    const patients = await many(person);
    const body = JSON.stringify(patients.map(({ id }) => ({ id, phone: '+999' })));
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await send(person, 'PUT', BATCH, body, headers);
    const again = await send(person, 'PUT', BATCH, body, headers);
    expect(first.status).toBeLessThan(500);
    expect([again.status, again.text === first.text]).toEqual([first.status, true]);
  });
});
