import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { newPatient, newPatients } from '../patients/fixtures.ts';
import { BATCH, created, everybody, PATIENTS, send, unknownId } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';
import { ownService, ownServiceOfFile } from './own.ts';
import { raw } from './raw.ts';
import { tablesOf } from './tables.ts';
import { unlimitedRates } from './unlimited.ts';

const keyed = (person: Person, method: string, path: string, key: string, body?: unknown) =>
  send(person, method, path, body === undefined ? undefined : JSON.stringify(body), {
    'Idempotency-Key': key,
  });

const isReplay = ({ headers }: { headers: Headers }) => headers.get('idempotency-replayed') === 'true';

describe('repeating a call with its key gives the first answer again, byte for byte, and does nothing', () => {
  test('a batch that was created', async () => {
    const person = await somebody();
    const key = randomUUID();
    const first = await keyed(person, 'POST', BATCH, key, newPatients(3));
    const again = await keyed(person, 'POST', BATCH, key, newPatients(3));
    expect(first.status).toBe(201);
    expect(isReplay(first)).toBe(false);
    expect(again.status).toBe(201);
    expect(isReplay(again)).toBe(true);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(await everybody(person)).toHaveLength(3);
  });

  test('also after the patients were changed or deleted', async () => {
    const person = await somebody();
    const key = randomUUID();
    const first = await keyed(person, 'POST', BATCH, key, newPatients(2));
    const ids = (await everybody(person)).map(({ id }) => id);
    await person.api.patients.remove({ body: ids });
    const again = await keyed(person, 'POST', BATCH, key, newPatients(2));
    expect(again.text).toBe(first.text);
    expect(await everybody(person)).toEqual([]);
  });

  test('every route that writes', async () => {
    const person = await somebody();
    const [one, two, three, four] = (await created(person, 4)).map(({ id }) => id);
    const calls: [string, string, unknown?][] = [
      ['POST', PATIENTS, newPatient(9)],
      ['PUT', BATCH, [{ id: one, phone: '+1' }]],
      ['PUT', `${PATIENTS}/${two}`, { phone: '+2' }],
      ['DELETE', BATCH, [three]],
      ['DELETE', `${PATIENTS}/${four}`],
    ];
    for (const [method, path, body] of calls) {
      const key = randomUUID();
      const first = await keyed(person, method, path, key, body);
      const again = await keyed(person, method, path, key, body);
      expect(first.status).toBeLessThan(300);
      expect([again.status, again.text, isReplay(again)]).toEqual([first.status, first.text, true]);
    }
    expect((await person.api.patients.dashboard()).body).toMatchObject({
      operations: { create: 5, update: 2, delete: 2 },
    });
  });

  test('an answer of 500 patients with long histories', async () => {
    const person = await somebody();
    const key = randomUUID();
    const random = () => randomUUID().repeat(250);
    const body = Array.from({ length: 500 }, (_, n) => newPatient(n, { medical_history: random() }));
    const first = await keyed(person, 'POST', BATCH, key, body);
    expect(first.status).toBe(201);
    expect(first.text.length).toBeGreaterThan(4_500_000);
    const again = await keyed(person, 'POST', BATCH, key, body);
    expect(isReplay(again)).toBe(true);
    expect(again.text === first.text).toBe(true);
    expect((await person.api.patients.dashboard()).body).toMatchObject({ total_patients: 500 });
  });

  test('with a slash at the end of the path or without', async () => {
    const person = await somebody();
    const key = randomUUID();
    const first = await keyed(person, 'POST', BATCH, key, newPatients(1));
    const again = await keyed(person, 'POST', `${BATCH}/`, key, newPatients(1));
    expect([again.text, isReplay(again)]).toEqual([first.text, true]);
  });

  test('a replay has headers of its own: request id and what is left of the limit', async () => {
    const person = await somebody();
    const key = randomUUID();
    const first = await keyed(person, 'POST', BATCH, key, newPatients(1));
    const again = await keyed(person, 'POST', BATCH, key, newPatients(1));
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(Number(again.headers.get('x-ratelimit-remaining'))).toBe(
      Number(first.headers.get('x-ratelimit-remaining')) - 1,
    );
  });
});

test('the same JSON with its keys in another order, or other blanks, is the same body', async () => {
  const person = await somebody();
  const key = { 'Idempotency-Key': randomUUID() };
  const patient = newPatient(1, { address: 'A street' });
  const turned = Object.fromEntries(Object.entries(patient).toReversed());
  const first = await send(person, 'POST', BATCH, JSON.stringify([patient]), key);
  for (const text of [JSON.stringify([turned]), JSON.stringify([turned], undefined, 2)]) {
    const again = await send(person, 'POST', BATCH, text, key);
    expect([again.status, isReplay(again), again.text]).toEqual([201, true, first.text]);
  }
  // The order of a list is a part of its meaning.
  const two = await keyed(person, 'POST', BATCH, 'another key', newPatients(2));
  const swapped = await keyed(person, 'POST', BATCH, 'another key', newPatients(2).toReversed());
  expect([two.status, swapped.status]).toEqual([201, 422]);
  expect(await everybody(person)).toHaveLength(3);
});

test('the same key with another body is refused, and nothing is done', async () => {
  const person = await somebody();
  const key = randomUUID();
  await keyed(person, 'POST', BATCH, key, newPatients(1));
  const other = await keyed(person, 'POST', BATCH, key, newPatients(2));
  expect(other.status).toBe(422);
  expect(JSON.parse(other.text)).toEqual({ detail: expect.any(String) });
  expect(isReplay(other)).toBe(false);
  expect(await everybody(person)).toHaveLength(1);
  expect(isReplay(await keyed(person, 'POST', BATCH, key, newPatients(1)))).toBe(true);
});

describe('the same key elsewhere is another key', () => {
  test('of another user, tenant, method or path', async () => {
    const key = randomUUID();
    const person = await somebody();
    const colleague = await somebody({ tenantId: person.tenantId });
    const namesake = await somebody({ userId: person.userId });
    for (const one of [person, colleague, namesake]) {
      const answer = await keyed(one, 'POST', BATCH, key, newPatients(1));
      expect([answer.status, isReplay(answer)]).toEqual([201, false]);
    }
    const [first, second] = await everybody(person);
    expect(isReplay(await keyed(person, 'POST', PATIENTS, key, newPatient(1)))).toBe(false);
    expect(isReplay(await keyed(person, 'PUT', BATCH, key, [{ id: first?.id }]))).toBe(false);
    expect(isReplay(await keyed(person, 'DELETE', BATCH, key, ['nobody']))).toBe(false);
    for (const id of [first?.id, second?.id]) {
      const answer = await keyed(person, 'PUT', `${PATIENTS}/${id}`, key, { phone: '+1' });
      expect([answer.status, isReplay(answer)]).toEqual([200, false]);
    }
    expect(await everybody(person)).toHaveLength(3);
    expect(await everybody(namesake)).toHaveLength(1);
  });
});

describe('a key that is not 1 to 255 printable ASCII characters is refused, and nothing is done', () => {
  test.each([
    ['256 characters', 'x'.repeat(256)],
    ['an empty one', ''],
    ['letters with accents', 'clé'],
    ['a TAB inside', 'a\tb'],
  ])('%s', async (_, key) => {
    const person = await somebody();
    const answer = await keyed(person, 'POST', BATCH, key, newPatients(1));
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text)).toMatchObject({ detail: [{ loc: ['header', 'Idempotency-Key'] }] });
    expect(await everybody(person)).toEqual([]);
  });

  test('two of them', async () => {
    const person = await somebody();
    const { status } = await raw(inject('url') + BATCH, {
      method: 'POST',
      headers: [
        ['Authorization', `Bearer ${person.token}`],
        ['Content-Type', 'application/json'],
        ['Idempotency-Key', 'a'],
        ['idempotency-key', 'b'],
      ],
      body: JSON.stringify(newPatients(1)),
    });
    expect(status).toBe(422);
    expect(await everybody(person)).toEqual([]);
  });

  test('255 characters are allowed, and header names in any case', async () => {
    const person = await somebody();
    const key = `${randomUUID()}~ !"#$%&'()*+,-./:;<=>?@[]^_{|}`.padEnd(255, 'x');
    const headers = { 'IDEMPOTENCY-KEY': key };
    const first = await send(person, 'POST', BATCH, JSON.stringify(newPatients(1)), headers);
    const again = await keyed(person, 'POST', BATCH, key, newPatients(1));
    expect([first.status, again.status, isReplay(again)]).toEqual([201, 201, true]);
  });
});

describe('which answers are kept', () => {
  test('404 is', async () => {
    const person = await somebody();
    const calls = [
      ['PUT', BATCH, [{ id: unknownId() }], 404],
      ['DELETE', `${PATIENTS}/${unknownId()}`, undefined, 404],
    ] as const;
    for (const [method, path, body, status] of calls) {
      const key = randomUUID();
      const first = await keyed(person, method, path, key, body);
      const again = await keyed(person, method, path, key, body);
      expect([first.status, isReplay(first)]).toEqual([status, false]);
      expect([again.status, isReplay(again), again.text]).toEqual([status, true, first.text]);
    }
  });

  test('413 is not', async () => {
    const person = await somebody();
    const key = randomUUID();
    for (const _ of [1, 2]) {
      const answer = await keyed(person, 'POST', BATCH, key, newPatients(501));
      expect([answer.status, isReplay(answer)]).toEqual([413, false]);
    }
    const right = await keyed(person, 'POST', BATCH, key, newPatients(1));
    expect([right.status, isReplay(right)]).toEqual([201, false]);
  });

  test('422 is not: the corrected body may use the key', async () => {
    const person = await somebody();
    const key = randomUUID();
    const wrong = await keyed(person, 'POST', BATCH, key, [{}]);
    const still = await keyed(person, 'POST', BATCH, key, [{}]);
    expect([wrong.status, still.status, isReplay(still)]).toEqual([422, 422, false]);
    const right = await keyed(person, 'POST', BATCH, key, newPatients(1));
    expect([right.status, isReplay(right)]).toEqual([201, false]);
    expect(await everybody(person)).toHaveLength(1);
  });

  test('401 and 403 are not', async () => {
    const key = randomUUID();
    const viewer = await somebody({ role: 'viewer' });
    const { userId, tenantId } = viewer;
    expect((await keyed(viewer, 'POST', BATCH, key, newPatients(1))).status).toBe(403);
    const user = await somebody({ userId, tenantId });
    const stranger = await send(user, 'POST', BATCH, JSON.stringify(newPatients(1)), {
      'Idempotency-Key': key,
      Authorization: 'Bearer x',
    });
    expect(stranger.status).toBe(401);
    const allowed = await keyed(user, 'POST', BATCH, key, newPatients(1));
    expect([allowed.status, isReplay(allowed)]).toEqual([201, false]);
  });
});

test('reading takes no notice of a key', async () => {
  const person = await somebody();
  const key = randomUUID();
  const read = () => send(person, 'GET', PATIENTS, undefined, { 'Idempotency-Key': key });
  await read();
  await created(person, 1);
  const again = await read();
  expect(isReplay(again)).toBe(false);
  expect(JSON.parse(again.text)).toMatchObject({ total: 1 });
});

test('twins that come together make one batch and one entry in the log', async () => {
  const person = await somebody({ role: 'admin' });
  const key = randomUUID();
  const body = newPatients(200);
  const twins = await Promise.all(Array.from({ length: 8 }, () => keyed(person, 'POST', BATCH, key, body)));
  const firsts = twins.filter((twin) => twin.status === 201 && !isReplay(twin));
  expect(firsts).toHaveLength(1);
  for (const twin of twins) {
    if (twin.status === 201) expect(twin.text).toBe(firsts[0]?.text);
    else {
      expect(twin.status).toBe(409);
      expect(Number(twin.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(JSON.parse(twin.text)).toEqual({ detail: expect.any(String) });
    }
  }
  expect((await person.api.patients.dashboard()).body).toMatchObject({ operations: { create: 200 } });
  const log = await person.api.patients.auditLogs({ query: { limit: 500 } });
  expect((log.body as { logs: unknown[] }).logs).toHaveLength(200);
});

describe('while the first call is at work', () => {
  let own: Awaited<ReturnType<typeof ownServiceOfFile>>;
  beforeAll(async () => {
    own = await ownServiceOfFile({ settings: unlimitedRates });
  });

  test('a second one gets 409 and may come back', async () => {
    const person = await own.person();
    const body = newPatients(500);
    // A crowd, so that the function has more than one environment: twins that wait for the same one never
    // meet.
    await Promise.all(Array.from({ length: 6 }, () => keyed(person, 'POST', BATCH, randomUUID(), body)));
    for (let round = 0; round < 20; round++) {
      const call = (
        (key) => () =>
          keyed(person, 'POST', BATCH, key, body)
      )(randomUUID());
      const twins = await Promise.all([call(), call()]);
      const refused = twins.find(({ status }) => status === 409);
      if (!refused) continue;
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(twins.map(({ status }) => status).toSorted()).toEqual([201, 409]);
      expect(isReplay(await call())).toBe(true);
      return;
    }
    throw new Error('no twin ever met its first call at work');
  });
});

test('an answer of more than 24 hours ago counts as gone, even while its row is still there', async () => {
  const own = await ownService();
  const person = await own.person();
  const key = randomUUID();
  const first = await keyed(person, 'POST', BATCH, key, newPatients(1));
  const tables = tablesOf(own.running);
  for (const { pk, expires_at } of await tables.scan('guards')) {
    if (!String(pk).startsWith('ANSWER#')) continue;
    const hours = (Number(expires_at) - Date.now() / 1000) / 3600;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThan(24.1);
    await tables.set('guards', String(pk), 'expires_at', Math.floor(Date.now() / 1000) - 1);
  }
  const later = await keyed(person, 'POST', BATCH, key, newPatients(1));
  expect([later.status, isReplay(later)]).toEqual([201, false]);
  expect(later.text).not.toBe(first.text);
  expect(await everybody(person)).toHaveLength(2);
});
