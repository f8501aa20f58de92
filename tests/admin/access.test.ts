import { describe, expect, inject, test } from 'vitest';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { type Role, roles } from '../../core/http/caller.ts';
import { admin as contracts } from '../../functions/admin/api.ts';
import { somebody } from '../people.ts';
import { administrator, everything, order, send, stored } from './records.ts';

const all = Object.entries<Endpoint>(contracts).map(([name, { method, path }]) => ({
  name,
  method,
  path: path.replace('/api/v1/admin', '').replace('{batch_id}', '77'),
}));

const bodies: Record<string, unknown> = {
  updateOrders: { order_ids: [1], status: 'confirmed' },
  approveProfessionals: { user_ids: [1], is_verified: true },
  updateServices: { service_ids: [1], is_active: true },
  importOrders: [order(1)],
  importUsers: 'ID\n',
  importServices: [],
  submit: { operation_type: 'service_update', operations: [{ resource_id: 1, data: { is_active: true } }] },
};
/** What an administrator is answered; everybody else is refused. */
const success: Record<string, number> = {
  ...{ submit: 202, status: 404, cancel: 404, importUsers: 400, importServices: 400 },
};

describe('every role at every route, with a slash at its end and without', () => {
  test.each(all)('$method $path', async ({ name, method, path }) => {
    for (const role of roles) {
      const person = await somebody({ role });
      const mayCall = role === 'admin' || role === 'super_admin' || name === 'listBatches';
      for (const form of [path, `${path}/`]) {
        const { status } = await send(person, method, form, bodies[name]);
        expect([role satisfies Role, status]).toEqual([role, mayCall ? (success[name] ?? 200) : 403]);
      }
    }
  });

  test.each(all)('a stranger learns nothing of $method $path', async ({ name, method, path }) => {
    const stranger = { fetch: (at: string, init?: RequestInit) => fetch(inject('url') + at, init) };
    for (const token of [undefined, 'Bearer nonsense', 'Basic eDp5']) {
      const headers: Record<string, string> = token ? { Authorization: token } : {};
      const answer = await send(stranger, method, path, bodies[name], headers);
      expect(answer.status).toBe(401);
      expect(
        answer.headers.get('www-authenticate') ?? answer.headers.get('x-amzn-remapped-www-authenticate'),
      ).toBe('Bearer');
      expect(answer.body).toEqual({ error: { code: 'UNAUTHENTICATED', message: 'Not authenticated' } });
    }
  });
});

test.each(all)('other methods of $path are told which there are', async ({ method, path }) => {
  const admin = await administrator();
  const answer = await send(admin, method === 'GET' ? 'DELETE' : 'PUT', path);
  expect([answer.status, answer.headers.get('allow')]).toEqual([
    405,
    method === 'GET' ? 'GET, HEAD' : method,
  ]);
  expect(answer.body.error.code).toBe('METHOD_NOT_ALLOWED');
});

test('paths that do not exist are told in the words of this API', async () => {
  const answer = await send(await administrator(), 'GET', '/export/invoices/');
  expect([answer.status, answer.body]).toEqual([
    404,
    { error: { code: 'RESOURCE_NOT_FOUND', message: 'Not Found' } },
  ]);
});

const writing = all.filter(({ name }) => name in bodies);
test.each(writing)(
  '$path refuses what is too large, is no JSON, or is of another type',
  async ({ name, path }) => {
    const admin = await administrator();
    await stored(admin, 'orders', [order(1)]);
    const raw = async (body: string, type = 'application/json') => {
      const answer = await admin.fetch(`/api/v1/admin${path}`, {
        method: 'POST',
        headers: { 'Content-Type': type },
        body,
      });
      return { status: answer.status, body: (await answer.json()) as object };
    };
    expect((await raw(`${JSON.stringify(bodies[name])}${' '.repeat(5 * 1024 * 1024)}`)).status).toBe(413);
    expect(await raw('{"order_ids": [1')).toEqual({
      status: 400,
      body: {
        error: {
          ...{ code: 'INVALID_PARAMETERS', message: 'Invalid request parameters' },
          details: { field: 'body', issue: 'must be valid JSON' },
        },
      },
    });
    expect(await raw('{}', 'text/plain')).toMatchObject({
      status: 415,
      body: { error: { code: 'UNSUPPORTED_MEDIA_TYPE' } },
    });
    expect((await raw('{"__proto__":{"a":1}}')).status).toBe(400);
    expect(await everything(admin, 'orders')).toEqual([order(1)]);
  },
);

describe('hourly limits', () => {
  const times = async (count: number, call: (n: number) => Promise<{ status: number }>) => {
    const answers = await Promise.all(Array.from({ length: count }, (_, n) => call(n)));
    return answers.filter(({ status }) => status !== 429).length;
  };

  test('a hundred synchronous calls, each kind by itself', async () => {
    const admin = await administrator();
    const call = () => send(admin, 'POST', '/bulk/services/update/', bodies.updateServices);
    expect(await times(104, call)).toBe(100);
    const refused = await call();
    expect(refused.headers.get('x-ratelimit-limit')).toBe('100');
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect(refused.body.error.code).toBe('RATE_LIMIT_EXCEEDED');
    expect((await send(admin, 'POST', '/bulk/orders/update-status/', bodies.updateOrders)).status).toBe(200);
  });

  test('fifty submits and cancels together, while looking is free', async () => {
    const admin = await administrator();
    const admitted = await times(54, (n) =>
      n % 2
        ? send(admin, 'POST', '/async/cancel/1000/')
        : send(admin, 'POST', '/async/submit/', bodies.submit),
    );
    expect(admitted).toBe(50);
    for (let n = 0; n < 60; n++) expect((await send(admin, 'GET', '/async/status/1/')).status).toBe(200);
  });

  test('twenty exports of a kind', async () => {
    const admin = await administrator();
    expect(await times(24, () => send(admin, 'GET', '/export/users/'))).toBe(20);
    expect((await send(admin, 'GET', '/export/orders/')).status).toBe(200);
  });
});
