import { describe, expect, test } from 'vitest';
import { newPatients } from '../patients/fixtures.ts';
import { BATCH, created, everybody, PATIENTS, send, unknownId } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';

/** The faults of a call, in the order in which they must be answered. */
const faults = ['size', 'token', 'role', 'rate limit', 'key', 'shape', 'existence'] as const;
type Fault = (typeof faults)[number];

const statuses: Record<Fault, number> = {
  size: 413,
  token: 401,
  role: 403,
  'rate limit': 429,
  key: 422,
  shape: 422,
  existence: 404,
};

/** An update that has exactly these faults. */
async function call(has: readonly Fault[]) {
  const person = await somebody();
  const { userId, tenantId } = person;
  const [patient] = await created(person, 1);
  if (has.includes('rate limit'))
    for (let n = 0; n < 10; n++) await send(person, 'PUT', BATCH, JSON.stringify([{ id: patient?.id }]));
  const caller: Person = has.includes('role') ? await somebody({ role: 'viewer', userId, tenantId }) : person;
  const changes: unknown[] = [{ id: patient?.id, phone: '+999' }];
  if (has.includes('existence')) changes.push({ id: unknownId() });
  if (has.includes('shape')) changes.push({ id: 'x' });
  const padding = has.includes('size') ? ' '.repeat(5 * 1024 * 1024) : '';
  const headers = {
    ...(has.includes('key') ? { 'Idempotency-Key': 'x'.repeat(256) } : {}),
    ...(has.includes('token') ? { Authorization: 'Bearer x' } : {}),
  };
  const answer = await send(caller, 'PUT', BATCH, JSON.stringify(changes) + padding, headers);
  return { answer, phone: (await everybody(person))[0]?.phone };
}

test('a call without a fault succeeds', async () => {
  const { answer, phone } = await call([]);
  expect([answer.status, phone]).toEqual([200, '+999']);
});

const pairs = faults.flatMap((first, index) =>
  faults.slice(index + 1).map((second) => [first, second] as const),
);

describe('of two faults the earlier one is answered, and nothing is written', () => {
  test.each(pairs)('%s before %s', async (first, second) => {
    const both = await call([first, second]);
    const alone = await call([first]);
    expect(both.answer.status).toBe(statuses[first]);
    expect(alone.answer.status).toBe(statuses[first]);
    expect(both.phone).not.toBe('+999');
    if (first === 'key') expect(both.answer.text).toContain('Idempotency-Key');
    if (first === 'token' || first === 'role')
      expect(both.answer.headers.get('x-ratelimit-limit')).toBeNull();
  });
});

test('with all faults at once it is the size', async () => {
  expect((await call(faults)).answer.status).toBe(413);
});

describe('a stranger learns nothing but 401', () => {
  test('whatever exists and whatever is sent', async () => {
    const person = await somebody();
    const [patient] = await created(person, 1);
    const calls: [string, string, string?][] = [
      ['GET', `${PATIENTS}/${patient?.id}`],
      ['GET', `${PATIENTS}/${unknownId()}`],
      ['GET', `${PATIENTS}/x`],
      ['GET', `${PATIENTS}?limit=x`],
      ['GET', '/api/v1/audit-logs?action=x'],
      ['POST', BATCH, '{'],
      ['POST', BATCH, JSON.stringify(newPatients(501))],
      ['PUT', BATCH, JSON.stringify([{ id: patient?.id }])],
      ['DELETE', BATCH, JSON.stringify([patient?.id])],
      ['DELETE', `${PATIENTS}/${patient?.id}`],
    ];
    for (const authorization of ['', 'Bearer x', 'Basic dTpw'])
      for (const [method, path, body] of calls) {
        const answer = await send(person, method, path, body, {
          Authorization: authorization,
          'Idempotency-Key': 'x'.repeat(300),
        });
        expect(answer.status).toBe(401);
        expect(answer.text).toBe('{"detail":"Not authenticated"}');
        expect([...answer.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
      }
    expect(await everybody(person)).toHaveLength(1);
  });

  test('of a body that is no JSON, or says to be something else', async () => {
    const person = await somebody();
    const answer = await send(person, 'POST', BATCH, 'a=b', {
      Authorization: '',
      'Content-Type': 'application/x-www-form-urlencoded',
    });
    expect(answer.status).toBe(401);
  });
});
