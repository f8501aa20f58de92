import { beforeAll, expect, test } from 'vitest';
import type { Role } from '../../core/http/caller.ts';
import { region } from '../../local/account.ts';
import { type Own, ownServiceOfFile } from './own.ts';
import { raw } from './raw.ts';

let own: Own;
/** API Gateway's own address of the service. */
let host: string;

beforeAll(async () => {
  own = await ownServiceOfFile();
  const { stack } = own.running;
  const [api] = stack.resources('AWS::ApiGateway::RestApi');
  host = `${stack.valueOf(api?.logicalId ?? '')}.execute-api.${region}.amazonaws.com`;
});

interface Accepted {
  path: string;
  body: object;
  role: Role;
  claims?: Record<string, string>;
}

/** A call for each system that answers with the address of what goes on. */
const accepted: [string, Accepted][] = [
  [
    'an asynchronous batch of an administrator',
    {
      path: '/api/v1/admin/async/submit/',
      role: 'admin',
      body: {
        operation_type: 'order_update',
        operations: [{ resource_id: 1, data: { status: 'completed' } }],
      },
    },
  ],
  [
    'a batch of text messages',
    {
      path: '/api/messaging/sms/bulk-send/',
      role: 'admin',
      body: { contacts: [{ phone: '+255700000001' }], message: 'Hi', sender_id: 'MIFUMO' },
    },
  ],
  [
    'a batch of a creator’s content',
    {
      path: '/api/batches/batch-remove',
      role: 'user',
      claims: { creator: 'SP123' },
      body: { creator: 'SP123', contentIds: ['unknown'], removalReason: 'Outdated' },
    },
  ],
];

async function post({ path, body, role, claims = {} }: Accepted, at: { host: string; prefix: string }) {
  const person = await own.person({ role, claims });
  const headers: [string, string][] = [
    ['Host', at.host],
    ['Authorization', `Bearer ${person.token}`],
    ['Content-Type', 'application/json'],
  ];
  const sent = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await raw(`${own.running.url}${at.prefix}${path}`, sent);
  const follow = (to: string) => raw(own.running.url + to, { headers: headers.slice(0, 2) });
  return { ...answer, body: JSON.parse(answer.text) as Record<string, unknown>, follow };
}

test.each(accepted)('%s is found where its answer says, at either address of the stage', async (_, call) => {
  for (const at of [
    { host, prefix: '/local' },
    { host: 'api.example.com', prefix: '' },
    { host: 'localhost:8000', prefix: '' },
  ]) {
    const { headers, body, follow, status, text } = await post(call, at);
    expect([status, text]).toEqual([expect.toBeOneOf([200, 202]), expect.any(String)]);
    const location = String(headers.location);
    expect(location).toMatch(new RegExp(`^${at.prefix}/api/`));
    expect((await follow(location)).status).toBe(200);
    if ('poll_url' in body) expect(body.poll_url).toBe(location);
  }
});

test('a repeated call gets the first answer again, at whichever address it is repeated', async () => {
  const person = await own.person({ role: 'admin' });
  const headers: [string, string][] = [
    ['Authorization', `Bearer ${person.token}`],
    ['Content-Type', 'application/json'],
    ['Idempotency-Key', 'one'],
  ];
  const body = JSON.stringify({
    operation_type: 'order_update',
    operations: [{ resource_id: 1, data: { status: 'completed' } }],
  });
  const url = own.running.url;
  const path = '/api/v1/admin/async/submit/';
  const first = await raw(url + path, { method: 'POST', headers, body });
  const again = await raw(`${url}/local${path}`, {
    method: 'POST',
    headers: [['Host', host], ...headers],
    body,
  });
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.text).toBe(first.text);
});

test('the API’s document names the stage’s address as its server', async () => {
  const serverAt = async (name: string, prefix: string) => {
    const { text } = await raw(`${own.running.url}${prefix}/openapi.json`, { headers: [['Host', name]] });
    return (JSON.parse(text) as { servers: unknown }).servers;
  };
  expect(await serverAt(host, '/local')).toEqual([{ url: `http://${host}/local` }]);
  expect(await serverAt('api.example.com', '')).toEqual([{ url: 'http://api.example.com' }]);
  const { port } = new URL(own.running.url);
  expect(await serverAt(`localhost:${port}`, '')).toEqual([{ url: `http://localhost:${port}` }]);
});
