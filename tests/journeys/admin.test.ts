import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import {
  administrator,
  ended,
  everything,
  order,
  send,
  service,
  several,
  stored,
  user,
} from '../admin/records.ts';
import { somebody } from '../people.ts';
import { example } from './example.ts';

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

test('the cURL example approves professionals', async () => {
  const admin = await administrator();
  await stored(
    admin,
    'users',
    several(6, (id) => user(id)),
  );
  const { stdout } = await example('admin/approve.sh', 'sh', admin);
  expect(JSON.parse(stdout)).toMatchObject({
    success: true,
    updated_count: 5,
    failed_count: 0,
    total_count: 5,
  });
  const verified = (await everything(admin, 'users')).filter(({ profile }) => profile.is_verified);
  expect(verified.map(({ id }) => id)).toEqual([2, 3, 4, 5, 6]);
});

test('the cURL example saves completed orders as CSV', async () => {
  const admin = await administrator();
  await stored(
    admin,
    'orders',
    several(130, (id) => order(id, { status: id % 6 === 0 ? 'pending' : 'completed' })),
  );
  const { folder } = await example('admin/export.sh', 'sh', admin);
  const rows: Record<string, string>[] = parse(await readFile(join(folder, 'orders_export.csv')), {
    columns: true,
  });
  expect(rows).toHaveLength(100);
  expect(new Set(rows.map(({ Status }) => Status))).toEqual(new Set(['Concluído']));
});

test.each([
  ['with the package requests, where there is one', false],
  ['with its stand-in', true],
])(
  'the Python example submits a batch and polls it to its end, %s',
  async (_, standIn) => {
    const admin = await administrator();
    await stored(
      admin,
      'orders',
      several(100, (id) => order(id, { status: 'in_progress' })),
    );
    const { stdout } = await example('admin/batch.py', 'python3', admin, {}, standIn);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toBe('Batch 1 submitted');
    expect(lines.slice(1, -1).every((line) => /^Progress: [\d.]+% \(\d+\/100\)$/.test(line))).toBe(true);
    expect(lines.at(-2)).toMatch(/^Progress: 100(\.0)?% \(100\/100\)$/);
    expect(lines.at(-1)).toMatch(/^Batch completed with 100(\.0)?% success rate$/);
    expect(new Set((await everything(admin, 'orders')).map(({ status }) => status))).toEqual(
      new Set(['completed']),
    );
  },
  60_000,
);

test('every request of the description is answered as it says', async () => {
  const admin = await administrator();
  const post = (path: string, body?: object) => send(admin, 'POST', path, body);
  const get = (path: string) => send(admin, 'GET', path);
  await stored(
    admin,
    'orders',
    several(150, (id) =>
      order(id, {
        status: id <= 5 ? 'in_progress' : 'completed',
        ...(id === 1 ? { created_at: '2024-11-17T10:30:00Z', updated_at: '2024-11-18T15:45:00Z' } : {}),
      }),
    ),
  );
  await stored(
    admin,
    'users',
    several(50, (id) =>
      user(id, id === 2 ? { username: 'jane_plumber', profile: { is_verified: true } } : {}),
    ),
  );
  await stored(
    admin,
    'services',
    several(75, (id) => service(id)),
  );

  // 1.1 to 1.3
  const updated = await post('/bulk/orders/update-status/', {
    ...{ order_ids: [1, 2, 3, 4, 5], status: 'completed', notes: 'Bulk completion by admin' },
  });
  expect(updated.body).toMatchObject({
    ...{ success: true, updated_count: 5, failed_count: 0, total_count: 5 },
    results: several(5, (id) => ({ order_id: id, success: true, status: 'completed', customer: 'john_doe' })),
  });
  const approved = await post('/bulk/professionals/approve/', {
    ...{ user_ids: [2, 3, 4, 5], is_verified: true, is_premium: false, is_available: true },
  });
  expect(approved.body.results[0]).toEqual({
    ...{ user_id: 2, username: 'jane_plumber', success: true },
    ...{ is_verified: true, is_premium: false, is_available: true },
  });
  const activated = await post('/bulk/services/update/', { service_ids: [1, 2, 3, 4, 5], is_active: true });
  expect(activated.body).toMatchObject({
    ...{ success: true, updated_count: 5 },
    results: [
      { service_id: 1, name: 'Emergency Plumbing', provider: 'jane_plumber', success: true, is_active: true },
      ...Array(4).fill({ is_active: true }),
    ],
  });

  // 2.1 to 2.3
  const page = { limit: 10, offset: 0, has_more: true, next_offset: 10 };
  const orders = await get('/export/orders/?limit=10');
  expect(orders.body).toMatchObject({ count: 150, ...page });
  expect(orders.body.results[0]).toEqual({
    ...{ id: 1, customer: { id: 5, username: 'john_doe', email: 'john@example.com' } },
    ...{ service: { id: 3, name: 'Plumbing Repair' }, professional: { id: 2, username: 'jane_plumber' } },
    ...{ status: 'completed', status_display: 'Concluído', scheduled_date: '2025-11-20T14:00:00Z' },
    ...{
      total_price: '150.00',
      address: '123 Main St',
      created_at: '2024-11-17T10:30:00Z',
      updated_at: instant,
    },
    notes: 'Fixed kitchen sink\nBulk completion by admin',
  });
  const users = await get('/export/users/?limit=10');
  expect(users.body).toMatchObject({ count: 50, ...page });
  expect(users.body.results[1]).toMatchObject({
    ...{ id: 2, username: 'jane_plumber', email: 'user2@example.com', first_name: 'Jane', is_active: true },
    profile: {
      ...{
        user_type: 'professional',
        phone: '+1234567890',
        city: 'São Paulo',
        state: 'SP',
        is_verified: true,
      },
      ...{ is_premium: false, is_available: true, rating: '4.75', review_count: 24 },
    },
  });
  const services = await get('/export/services/?limit=10');
  expect(services.body).toMatchObject({
    ...{ count: 75, ...page },
    results: [{ category: 'plumbing', category_display: 'Encanamento' }, ...Array(9).fill({})],
  });

  // 3.1 to 3.3
  const submitted = await post('/async/submit/', {
    operation_type: 'order_update',
    operations: [
      { resource_id: 1, data: { status: 'completed' } },
      { resource_id: 2, data: { status: 'completed' } },
    ],
    notify_on_completion: true,
  });
  expect(submitted.status).toBe(202);
  expect(submitted.body).toEqual({
    ...{ batch_id: 1, status: 'pending', message: 'Batch operation submitted for processing' },
    ...{ poll_url: '/api/v1/admin/async/status/1/', total_operations: 2, estimated_duration_seconds: 1 },
  });
  expect((await ended(admin, 1)).body).toEqual({
    ...{
      batch_id: 1,
      operation_type: 'Atualização de Pedidos',
      status: 'completed',
      status_display: 'Concluído',
    },
    progress: { total: 2, completed: 2, failed: 0, percentage: 100, success_rate: 100 },
    ...{
      created_at: instant,
      started_at: instant,
      completed_at: instant,
      duration_seconds: expect.any(Number),
    },
    ...{ results: { 0: { id: 1, status: 'completed' }, 1: { id: 2, status: 'completed' } }, errors: {} },
  });

  // Errors
  const empty = await post('/bulk/orders/update-status/', { order_ids: [], status: 'completed' });
  expect([empty.status, empty.body]).toEqual([
    400,
    {
      error: {
        ...{ code: 'INVALID_PARAMETERS', message: 'Invalid request parameters' },
        details: { field: 'order_ids', issue: 'must be a non-empty list' },
      },
    },
  ]);
  const refused = await send(await somebody({ role: 'user' }), 'GET', '/export/orders/');
  expect([refused.status, refused.body]).toEqual([
    403,
    { error: { code: 'PERMISSION_DENIED', message: 'Admin permissions required' } },
  ]);
  const unknown = await get('/async/status/123/');
  expect([unknown.status, unknown.body]).toEqual([
    404,
    { error: { code: 'RESOURCE_NOT_FOUND', message: 'Batch operation 123 not found' } },
  ]);
});
