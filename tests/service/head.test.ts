import { describe, expect, test } from 'vitest';
import { created } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';
import { contracts, somePath } from './contracts.ts';

const readable = contracts.filter(([, { method }]) => method === 'GET');

/** Headers that differ from call to call, or are of the connection alone. */
const own = [
  'connection',
  'content-disposition',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-amzn-requestid',
  'x-cache',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-request-id',
];

async function answerOf(person: Person, method: string, path: string) {
  const response = await person.fetch(path, { method });
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !own.includes(name)));
  return { status: response.status, headers, text: await response.text() };
}

describe('HEAD is answered as GET is, with the same status and headers, and without a body', () => {
  test.each(readable)('%s', async (name, endpoint) => {
    const admin = await somebody({ role: 'admin' });
    const path = somePath(endpoint);
    const got = await answerOf(admin, 'GET', path);
    const head = await answerOf(admin, 'HEAD', path);
    // Other tests write at the same time, and what is told of all tenants gets longer.
    if (name === 'ops.metrics') head.headers['content-length'] = got.headers['content-length'] ?? '';
    expect(head).toEqual({ ...got, text: '' });
  });

  test('of a record that there is, and of an export', async () => {
    const admin = await somebody({ role: 'admin' });
    const [patient] = await created(admin, 1);
    for (const path of [`/api/v1/patients/${patient?.id}`, '/api/v1/admin/export/orders/?format=csv']) {
      const got = await answerOf(admin, 'GET', path);
      expect(got.status).toBe(200);
      expect(got.text).not.toBe('');
      expect(await answerOf(admin, 'HEAD', path)).toEqual({ ...got, text: '' });
    }
  });

  test('also of a refusal', async () => {
    const stranger = await somebody({ role: 'viewer' });
    const head = await answerOf(stranger, 'HEAD', '/api/v1/audit-logs');
    expect(head).toMatchObject({ status: 403, text: '' });
    expect((await answerOf(stranger, 'HEAD', '/api/v1/patients?nope=1')).status).toBe(422);
  });
});

test('HEAD counts against the limit of its GET', async () => {
  const admin = await somebody({ role: 'admin' });
  const path = '/api/v1/admin/export/orders/';
  const first = await admin.fetch(path);
  const second = await admin.fetch(path, { method: 'HEAD' });
  const remaining = ({ headers }: Response) => Number(headers.get('x-ratelimit-remaining'));
  expect(remaining(second)).toBe(remaining(first) - 1);
});
