import { expect, inject, test } from 'vitest';
import { somebody } from '../people.ts';
import {
  administrator,
  colleague,
  ended,
  everything,
  order,
  refusal,
  send,
  service,
  several,
  stored,
  user,
} from './records.ts';

const submission = (operation_type: string, operations: object[], more: object = {}) => ({
  ...{ operation_type, operations, ...more },
});
const completing = (ids: number[]) =>
  submission(
    'order_update',
    ids.map((resource_id) => ({ resource_id, data: { status: 'completed', force: true } })),
  );

test('does a batch one by one, and tells of each operation what became of it, by its place', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [
    order(1, { status: 'in_progress' }),
    order(2, { status: 'in_progress' }),
    order(3),
  ]);
  const accepted = await send(
    admin,
    'POST',
    '/async/submit/',
    submission(
      'order_update',
      [1, 2, 9, 3, 1].map((resource_id) => ({ resource_id, data: { status: 'completed' } })),
    ),
  );
  expect(accepted.status).toBe(202);
  expect(accepted.body).toEqual({
    ...{ batch_id: 1, status: 'pending', message: 'Batch operation submitted for processing' },
    ...{ poll_url: '/api/v1/admin/async/status/1/', total_operations: 5, estimated_duration_seconds: 1 },
  });
  expect(accepted.headers.get('location')).toBe('/api/v1/admin/async/status/1/');
  expect(accepted.headers.get('retry-after')).toBe('2');
  const { body } = await ended(admin, 1);
  const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(body).toEqual({
    ...{
      batch_id: 1,
      operation_type: 'Atualização de Pedidos',
      status: 'completed',
      status_display: 'Concluído',
    },
    progress: { total: 5, completed: 3, failed: 2, percentage: 100, success_rate: 60 },
    ...{ created_at: time, started_at: time, completed_at: time, duration_seconds: expect.any(Number) },
    results: {
      0: { id: 1, status: 'completed' },
      1: { id: 2, status: 'completed' },
      4: { id: 1, status: 'completed' },
    },
    errors: {
      2: { code: 'VALIDATION_ERROR', message: 'Order not found' },
      3: { code: 'VALIDATION_ERROR', message: 'An order that is pending cannot become completed' },
    },
  });
  const english = await send(admin, 'GET', '/async/status/1/', undefined, { 'Accept-Language': 'en' });
  expect(english.body).toMatchObject({ operation_type: 'Order Update', status_display: 'Completed' });
});

test('several operations on one record find what those before them left', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1, { notes: '' })]);
  const steps = ['confirmed', 'in_progress', 'pending', 'completed'];
  await send(
    admin,
    'POST',
    '/async/submit/',
    submission(
      'order_update',
      steps.map((status) => ({ resource_id: 1, data: { status, notes: status } })),
    ),
  );
  const { body } = await ended(admin, 1);
  expect(Object.keys(body.results)).toEqual(['0', '1', '3']);
  expect((await everything(admin, 'orders'))[0]).toMatchObject({
    ...{ status: 'completed', notes: 'confirmed\nin_progress\ncompleted' },
  });
  expect((await send(admin, 'GET', '/export/orders/?status=completed')).body.count).toBe(1);
});

test('does the other types of operations, and lets none of them change who may do what', async () => {
  const admin = await administrator();
  await stored(admin, 'users', [user(1), user(2, { profile: { user_type: 'customer' } })]);
  await stored(admin, 'services', [service(1)]);
  const cases: [string, object[], string, object, object][] = [
    [
      'professional_approval',
      [{ is_verified: true }, { is_premium: true }],
      'Aprovação de Profissionais',
      { 0: { id: 1, is_verified: true, is_premium: false, is_available: false } },
      { 1: { code: 'VALIDATION_ERROR', message: 'Professional profile not found' } },
    ],
    [
      'service_update',
      [{ is_active: false }, { is_active: false }],
      'Atualização de Serviços',
      { 0: { id: 1, is_active: false } },
      { 1: { code: 'VALIDATION_ERROR', message: 'Service not found' } },
    ],
    [
      'user_update',
      [
        { is_active: false, city: 'Rio' },
        { first_name: 'Eve', is_superuser: true },
      ],
      'Atualização de Usuários',
      { 0: { id: 1, updated: ['city', 'is_active'] } },
      { 1: { code: 'VALIDATION_ERROR', message: 'The field is_superuser cannot be changed' } },
    ],
  ];
  for (const [index, [type, data, display, results, errors]] of cases.entries()) {
    const operations = data.map((one, place) => ({ resource_id: place + 1, data: one }));
    const accepted = await send(admin, 'POST', '/async/submit/', submission(type, operations));
    expect(accepted.body.batch_id).toBe(index + 1);
    const { body } = await ended(admin, index + 1);
    expect(body).toMatchObject({ operation_type: display, status: 'completed' });
    const sorted = JSON.parse(JSON.stringify(body.results));
    for (const one of Object.values<{ updated?: string[] }>(sorted)) one.updated?.sort();
    expect([sorted, body.errors]).toEqual([results, errors]);
  }
  const [first, second] = await everything(admin, 'users');
  expect(first).toMatchObject({ is_active: false, profile: { city: 'Rio', is_verified: true } });
  expect(second).toEqual(user(2, { profile: { user_type: 'customer' } }));
  expect((await everything(admin, 'services'))[0]?.is_active).toBe(false);
});

test('a batch of which nothing succeeded has failed', async () => {
  const admin = await administrator();
  await send(admin, 'POST', '/async/submit/', completing([1, 2]));
  const { body } = await ended(admin, 1);
  expect(body).toMatchObject({ status: 'failed', status_display: 'Falhou', results: {} });
  expect(body.progress).toEqual({ total: 2, completed: 0, failed: 2, percentage: 100, success_rate: 0 });
});

test('progress never falls, and polling never fails, until all of 1,000 are done', async () => {
  const admin = await administrator();
  const ids = several(1_000, (id) => id);
  await stored(
    admin,
    'orders',
    ids.map((id) => order(id)),
  );
  const { body } = await send(admin, 'POST', '/async/submit/', completing(ids));
  expect(body).toMatchObject({ total_operations: 1_000, estimated_duration_seconds: 100 });
  const ranks = ['pending', 'processing', 'completed'];
  let last = { rank: 0, done: 0 };
  while (last.rank < 2) {
    const answer = await send(admin, 'GET', '/async/status/1/');
    expect(answer.status).toBe(200);
    const { status, progress, estimated_completion } = answer.body;
    const now = { rank: ranks.indexOf(status), done: progress.completed };
    expect(now.rank).toBeGreaterThanOrEqual(last.rank);
    expect(now.done).toBeGreaterThanOrEqual(last.done);
    expect(progress.percentage).toBe(Number((progress.completed / 10).toFixed(1)));
    expect(answer.headers.get('retry-after')).toBe(now.rank < 2 ? '2' : null);
    expect(estimated_completion === undefined).toBe(now.rank === 2);
    last = now;
  }
  expect(last.done).toBe(1_000);
  expect((await send(admin, 'GET', '/export/orders/?status=completed&limit=1')).body.count).toBe(1_000);
});

test('a cancel stops a batch: its answer is the end, for ever, and so many records were changed', async () => {
  const admin = await administrator();
  const ids = several(1_000, (id) => id);
  await stored(
    admin,
    'orders',
    ids.map((id) => order(id)),
  );
  const { batch_id } = (await send(admin, 'POST', '/async/submit/', completing(ids))).body;
  for (let done = 0; done === 0; )
    done = (await send(admin, 'GET', `/async/status/${batch_id}/`)).body.progress.completed;
  const canceled = await send(admin, 'POST', `/async/cancel/${batch_id}/`);
  expect(canceled.status).toBe(200);
  const { completed_operations: completed, canceled_operations: rest } = canceled.body;
  expect(canceled.body).toEqual({
    ...{ success: true, message: 'Batch operation canceled', batch_id },
    ...{ completed_operations: completed, canceled_operations: 1_000 - completed },
  });
  expect(rest).toBeGreaterThan(0);
  const again = await send(admin, 'POST', `/async/cancel/${batch_id}/`);
  expect([again.status, again.text]).toEqual([200, canceled.text]);
  await new Promise((done) => setTimeout(done, 500));
  const { body } = await ended(admin, batch_id);
  expect(body).toMatchObject({
    ...{ status: 'canceled', status_display: 'Cancelado' },
    progress: { total: 1_000, completed, failed: 0, canceled: rest },
  });
  expect(Object.keys(body.results)).toHaveLength(completed);
  expect((await send(admin, 'GET', '/export/orders/?status=completed&limit=1')).body.count).toBe(completed);
});

test('a batch that has ended cannot be canceled', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1)]);
  await send(admin, 'POST', '/async/submit/', completing([1]));
  const before = await ended(admin, 1);
  const answer = await send(admin, 'POST', '/async/cancel/1/');
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({
    error: { code: 'CANNOT_CANCEL', message: 'Batch operation has already ended' },
  });
  expect((await ended(admin, 1)).text).toBe(before.text);
});

test('a batch is its tenant’s administrators’ and its owner’s; to others it is as if there were none', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1)]);
  await send(admin, 'POST', '/async/submit/', completing([1]));
  await ended(admin, 1);
  const stranger = await administrator();
  const calls: [string, string][] = [
    ['GET', '/async/status/1/'],
    ['POST', '/async/cancel/1/'],
  ];
  for (const [method, path] of calls) {
    const foreign = await send(stranger, method, path);
    const unknown = await send(stranger, method, path.replace('/1/', '/2/'));
    expect(foreign.status).toBe(404);
    expect(foreign.body).toEqual({
      error: { code: 'RESOURCE_NOT_FOUND', message: 'Batch operation 1 not found' },
    });
    expect(foreign.text).toBe(unknown.text.replace('2', '1'));
    for (const nothing of ['x', '0', '1.5', '-1', '9'.repeat(30), '..%2F', '%00'])
      expect((await send(admin, method, path.replace('1', nothing))).status).toBe(404);
    const user = await somebody({ role: 'user', tenantId: admin.tenantId });
    for (const one of [path, path.replace('/1/', '/2/')])
      expect(await send(user, method, one)).toMatchObject({
        ...{
          status: 403,
          text: '{"error":{"code":"PERMISSION_DENIED","message":"Admin permissions required"}}',
        },
      });
  }
  expect((await send(await colleague(admin), 'GET', '/async/status/1/')).status).toBe(200);
  const { tenantId, userId } = admin;
  const demoted = await somebody({ role: 'user', tenantId, userId });
  expect((await send(demoted, 'GET', '/async/status/1/')).status).toBe(200);
});

test('lists the caller’s own batches, newest first', async () => {
  const admin = await administrator();
  const other = await colleague(admin);
  await send(other, 'POST', '/async/submit/', completing([1]));
  for (let n = 0; n < 5; n++) await send(admin, 'POST', '/async/submit/', completing([1]));
  await ended(admin, 6);
  const { body } = await send(admin, 'GET', '/async/?limit=2&offset=1');
  expect(body).toMatchObject({ count: 5, limit: 2, offset: 1, has_more: true, next_offset: 3 });
  expect(body.results.map(({ batch_id }: { batch_id: number }) => batch_id)).toEqual([5, 4]);
  const { results, errors, ...summary } = (await send(admin, 'GET', '/async/status/5/')).body;
  expect(body.results[0]).toEqual(summary);
  expect((await send(other, 'GET', '/async/')).body).toMatchObject({ count: 1, has_more: false });
  expect((await send(admin, 'GET', '/async/?limit=x')).body).toEqual(
    refusal('limit', 'must be a whole number from 1 up'),
  );
});

interface Notice {
  kind: string;
  to: string;
  content: { subject: string; message: string };
}
const notices = async (tenant: string): Promise<object[]> => {
  const entries = (await (await fetch(`${inject('url')}/_local/outbox`)).json()) as Notice[];
  const its = entries
    .filter(({ kind }) => kind === 'notification')
    .map(({ content }) => JSON.parse(content.message));
  return its.filter(({ tenant_id }) => tenant_id === tenant);
};

test('the end of a batch is told to the topic’s subscribers, unless its owner does not want that', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1)]);
  await send(admin, 'POST', '/async/submit/', { ...completing([1]), notify_on_completion: false });
  await send(admin, 'POST', '/async/submit/', completing([1, 2]));
  await ended(admin, 2);
  for (let tries = 0; (await notices(admin.tenantId)).length === 0 && tries < 100; tries++)
    await new Promise((done) => setTimeout(done, 50));
  expect(await notices(admin.tenantId)).toEqual([
    {
      ...{ event: 'batch.completed', batch_id: 2, tenant_id: admin.tenantId, operation_type: 'order_update' },
      ...{ status: 'completed', total: 2, completed: 1, failed: 1, canceled: 0 },
      completed_at: expect.stringMatching(/Z$/),
    },
  ]);
});

test('opens one batch for an idempotency key', async () => {
  const admin = await administrator();
  const call = () => send(admin, 'POST', '/async/submit/', completing([1]), { 'Idempotency-Key': 'k' });
  const first = await call();
  const again = await call();
  expect(again.text).toBe(first.text);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect((await send(admin, 'GET', '/async/')).body.count).toBe(1);
});

const one = { resource_id: 1, data: { status: 'completed' } };
const types = 'must be one of order_update, professional_approval, service_update, user_update';
const statuses = 'must be one of pending, confirmed, in_progress, completed, cancelled';
const approval = 'at least one of is_verified, is_premium, is_available is required';
test.each([
  [{}, 'operation_type', types],
  [{ operation_type: 'banana', operations: [one] }, 'operation_type', types],
  [[], 'body', 'must be an object'],
  [{ operation_type: 'order_update' }, 'operations', 'must be a non-empty list'],
  [{ operation_type: 'order_update', operations: [] }, 'operations', 'must be a non-empty list'],
  [submission('order_update', Array(1_001).fill(one)), 'operations', 'must have at most 1000 operations'],
  [submission('order_update', [one, { resource_id: 1 }]), 'operations[1].data', 'is required'],
  [
    submission('order_update', [{ ...one, resource_id: 'x' }]),
    'operations[0].resource_id',
    'must be a positive whole number',
  ],
  [
    submission('order_update', [{ ...one, data: { status: 'banana' } }]),
    'operations[0].data.status',
    statuses,
  ],
  [
    submission('order_update', [{ ...one, data: { ...one.data, id: 7 } }]),
    'operations[0].data.id',
    'is not a field of this request',
  ],
  [submission('professional_approval', [{ ...one, data: {} }]), 'operations[0].data.is_verified', approval],
  [
    submission('service_update', [{ ...one, data: {} }]),
    'operations[0].data.is_active',
    'must be true or false',
  ],
  [submission('user_update', [{ ...one, data: {} }]), 'operations[0].data', 'must have at least one field'],
  [
    submission('user_update', [{ ...one, data: { tenant_id: 't' } }]),
    'operations[0].data.tenant_id',
    'is not a field of this request',
  ],
  [
    submission('order_update', [one], { notify_on_completion: 'x' }),
    'notify_on_completion',
    'must be true or false',
  ],
])('refuses %j, and opens no batch', async (body, field, issue) => {
  const admin = await administrator();
  const answer = await send(admin, 'POST', '/async/submit/', body);
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual(refusal(field, issue));
  expect((await send(admin, 'GET', '/async/')).body.count).toBe(0);
});
