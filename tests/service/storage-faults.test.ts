import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { order } from '../admin/records.ts';
import type { Person } from '../people.ts';
import { broken, type DynamoProxy, dynamoProxy, fullTable, throttled } from './dynamo-proxy.ts';
import { type Own, ownServiceOfFile } from './own.ts';

const creator = 'SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7';
let proxy: DynamoProxy;
let service: Own;
let admin: Person;

beforeAll(async () => {
  proxy = await dynamoProxy();
  service = await ownServiceOfFile({ environment: { AWS_ENDPOINT_URL_DYNAMODB: proxy.url } });
  proxy.target = service.running.awsEndpoint;
  admin = await service.person({ role: 'admin', claims: { creator } });
});
afterEach(() => {
  proxy.fault = undefined;
});
afterAll(() => proxy.close());

const patient = (name: string) => ({
  ...{ first_name: name, last_name: 'Moyo', date_of_birth: '1988-04-12', gender: 'female' },
  phone: '+255700000001',
});

/** One write of each system, and where its API puts the sentence of a problem. */
const writes = [
  ['patients', 'POST', '/api/v1/batch/patients', [patient('Ada')], (body: Body) => body.detail],
  [
    'contacts',
    'POST',
    '/api/messaging/contacts/opt-out',
    { phones: ['+255712345678'] },
    (body: Body) => body.message,
  ],
  ['templates', 'POST', '/api/messaging/templates', { name: 'n', body: 'Hi' }, (body: Body) => body.message],
  [
    ...['texts', 'POST', '/api/messaging/sms/bulk-send'],
    { contacts: [{ phone: '+255712345678' }], message: 'Hi', sender_id: 'SHOP' },
    (body: Body) => body.message,
  ],
  [
    ...['cliniko', 'PUT', '/api/v1/cliniko/settings/123'],
    { name: 'Clinic', api_key: 'demo-au1', contact_email: 'it@example.com' },
    (body: Body) => body.message,
  ],
  [
    ...['content', 'POST', '/api/content'],
    { creator, items: [{ contentId: 'c-1', title: 'T', contentType: 'video' }] },
    (body: Body) => body.message,
  ],
  ['admin', 'POST', '/api/v1/admin/import/orders', [order(7)], (body: Body) => body.error?.message],
  [
    ...['webhooks', 'POST', '/api/v1/webhooks'],
    { url: 'https://example.com/hook', events: ['sync.completed'] },
    (body: Body) => body.message,
  ],
  ['access', 'POST', '/api/v1/api-keys', { name: 'Robot', role: 'user' }, (body: Body) => body.detail],
] as [string, string, string, object, (body: Body) => unknown][];

interface Body {
  detail?: unknown;
  message?: unknown;
  error?: { message?: unknown };
}

async function call(person: Person, [system, method, path, input, sentence]: (typeof writes)[number]) {
  const began = Date.now();
  const response = await person.fetch(path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(input),
  });
  const body = (await response.json()) as Body;
  return {
    ...{ system, status: response.status, retryAfter: response.headers.get('retry-after') },
    ...{ sentence: sentence(body), seconds: (Date.now() - began) / 1_000, body },
  };
}

test.each([
  ['throttles every request', throttled],
  ['is down', broken],
])(
  'while DynamoDB %s, each API answers 503 in its own words before its function ends',
  async (_, fault) => {
    proxy.fault = fault;
    const answers = await Promise.all(writes.map((write) => call(admin, write)));
    // A function that its own timeout ended would be the gateway's 502 or 504, without a sentence of ours.
    for (const { system, status, retryAfter, sentence } of answers) {
      expect({ system, status, retryAfter, sentence }).toEqual({
        ...{ system, status: 503, retryAfter: '5', sentence: 'The request could not be finished in time' },
      });
    }
  },
  120_000,
);

test('a write succeeds if DynamoDB throttles for a second only', async () => {
  const until = Date.now() + 1_000;
  proxy.fault = (operation, body) => (Date.now() < until ? throttled(operation, body) : undefined);
  const answer = await call(admin, writes[0] as (typeof writes)[number]);
  expect(answer.status).toBe(201);
  expect(answer.seconds).toBeGreaterThan(0.5);
});

test.each([
  ['patients', 'patients'],
  ['contacts', 'messaging'],
  ['templates', 'messaging'],
  ['admin', 'admin'],
])('a full partition is 507 in the words of %s, without a retry, and reads go on', async (system, table) => {
  const name = service.running.stack
    .resources('AWS::DynamoDB::GlobalTable')
    .find(({ logicalId }) => logicalId.toLowerCase().includes(`tables${table}`))?.name;
  if (!name) throw new Error(`there is no table ${table}`);
  proxy.fault = fullTable(name);
  const write = writes.find(([of]) => of === system) as (typeof writes)[number];
  const { status, sentence, seconds } = await call(admin, write);
  expect({ status, sentence }).toEqual({
    status: 507,
    sentence: 'The storage of this tenant is full: nothing was written',
  });
  expect(seconds).toBeLessThan(10);
  expect((await admin.fetch('/api/v1/patients')).status).toBe(200);
});
