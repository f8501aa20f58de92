import { beforeAll, describe, expect, test } from 'vitest';
import { BATCH, created, everybody, PATIENTS, type Patient, unknownId } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';

let people: Person[];
let patients: Patient[][];

beforeAll(async () => {
  people = await Promise.all([1, 2, 3].map(() => somebody({ role: 'admin' })));
  patients = await Promise.all(people.map((person) => created(person, 2)));
});

const pairs = [0, 1, 2].flatMap((one) =>
  [0, 1, 2].filter((other) => other !== one).map((other) => [one, other] as const),
);

/** Every way to name a record, as a request for one id. */
const ways: [string, (id: string) => [path: string, init: RequestInit]][] = [
  ['reading it', (id) => [`${PATIENTS}/${id}`, {}]],
  ['changing it', (id) => [`${PATIENTS}/${id}`, { method: 'PUT', body: '{"phone":"+1"}' }]],
  ['deleting it', (id) => [`${PATIENTS}/${id}`, { method: 'DELETE' }]],
  [
    'a batch that changes it',
    (id) => [BATCH, { method: 'PUT', body: JSON.stringify([{ id, phone: '+1' }]) }],
  ],
  ['a batch that deletes it', (id) => [BATCH, { method: 'DELETE', body: JSON.stringify([id]) }]],
  ['its lines of the log', (id) => [`/api/v1/audit-logs?resource_id=${id}`, {}]],
];

/** Headers that differ between any two answers. */
const varyingHeaders = [
  'x-request-id',
  'x-amzn-requestid',
  'date',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'content-length',
];

async function answerTo(person: Person, [path, init]: [string, RequestInit], id: string) {
  const response = await person.fetch(path, { ...init, headers: { 'Content-Type': 'application/json' } });
  const headers = [...response.headers].filter(([name]) => !varyingHeaders.includes(name));
  return { status: response.status, headers, text: (await response.text()).replaceAll(id, 'ID') };
}

describe('a foreign tenant’s record is answered exactly as one that does not exist', () => {
  test.each(ways)('%s', async (_, request) => {
    for (const [one, other] of pairs) {
      const { userId, tenantId } = people[one] as Person;
      // Another user of the same tenant for each pair, since a user has ten calls a minute.
      const person = await somebody({ role: 'admin', tenantId, userId: `${userId}-${other}` });
      const foreign = patients[other]?.[0]?.id ?? '';
      const unknown = unknownId();
      expect(await answerTo(person, request(foreign), foreign)).toEqual(
        await answerTo(person, request(unknown), unknown),
      );
    }
    for (const [index, person] of people.entries()) expect(await everybody(person)).toEqual(patients[index]);
  });
});

describe('names of tenants that could be taken for one another are different tenants', () => {
  test.each([
    ['a', 'a '],
    ['a#b', 'a'],
    ['A', 'a'],
    ['é', 'e\u0301'],
    ['1', '01'],
    ['x/..', 'x'],
    ['__proto__', 'constructor'],
    ['HEAD', 'TENANTS'],
    ['MULTI', 'REC#'],
  ])('%j and %j', async (...names) => {
    const suffix = crypto.randomUUID();
    const [one, other] = await Promise.all(
      names.map((name) => somebody({ tenantId: name.length > 2 ? name : `${name}${suffix}` })),
    );
    if (!one || !other) throw new Error('nobody');
    const before = await everybody(other);
    await created(one, 2);
    expect(await everybody(other)).toEqual(before);
  });
});

test('the longest names of tenants and users work', async () => {
  const person = await somebody({ tenantId: '雪'.repeat(85), userId: '雨'.repeat(85), role: 'admin' });
  const [patient] = await created(person, 1);
  expect(patient?.tenant_id).toBe(person.tenantId);
  expect((await person.api.patients.auditLogs()).body).toMatchObject({ logs: [{ user_id: person.userId }] });
});
