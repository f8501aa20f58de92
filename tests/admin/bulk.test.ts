import { expect, test } from 'vitest';
import type { OrderStatus } from '../../functions/admin/records/codes.ts';
import type { Order } from '../../functions/admin/records/order.ts';
import { somebody } from '../people.ts';
import {
  administrator,
  everything,
  order,
  refusal,
  send,
  service,
  several,
  stored,
  user,
} from './records.ts';

const ORDERS = '/bulk/orders/update-status/';
const PROFESSIONALS = '/bulk/professionals/approve/';
const SERVICES = '/bulk/services/update/';

test('sets the status of orders and appends notes; one that does not exist keeps none of the others back', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [
    order(1, { status: 'in_progress' }),
    order(3, { status: 'in_progress', notes: '' }),
  ]);
  const answer = await send(admin, 'POST', ORDERS, {
    ...{ order_ids: [1, 2, 3], status: 'completed', notes: 'Bulk completion by admin' },
  });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    ...{ success: false, updated_count: 2, failed_count: 1, total_count: 3 },
    results: [
      { order_id: 1, success: true, status: 'completed', customer: 'john_doe' },
      { order_id: 2, success: false, error: 'Order not found' },
      { order_id: 3, success: true, status: 'completed', customer: 'john_doe' },
    ],
  });
  const [first, third] = await everything(admin, 'orders');
  expect(first).toMatchObject({ status: 'completed', notes: 'Fixed kitchen sink\nBulk completion by admin' });
  expect(third).toMatchObject({ status: 'completed', notes: 'Bulk completion by admin' });
  expect(Date.parse(first?.updated_at ?? '')).toBeGreaterThan(Date.now() - 60_000);
  expect(first?.created_at).toBe(order(1).created_at);
});

const moves: Record<OrderStatus, OrderStatus[]> = {
  pending: ['confirmed', 'cancelled'],
  confirmed: ['in_progress', 'cancelled'],
  in_progress: ['completed', 'cancelled'],
  completed: [],
  cancelled: [],
};
const statuses = Object.keys(moves) as OrderStatus[];

test.each(statuses)('an order becomes %s only from where it may, unless it is forced', async (to) => {
  const admin = await administrator();
  const all = statuses.map((status, index) => order(index + 1, { status }));
  await stored(admin, 'orders', all);
  const body = { order_ids: all.map(({ id }) => id), status: to };
  const tried = await send(admin, 'POST', ORDERS, body);
  for (const [index, from] of statuses.entries()) {
    const allowed = from === to || moves[from].includes(to);
    expect(tried.body.results[index]).toEqual(
      allowed
        ? { order_id: index + 1, success: true, status: to, customer: 'john_doe' }
        : { order_id: index + 1, success: false, error: `An order that is ${from} cannot become ${to}` },
    );
  }
  const after = await everything(admin, 'orders');
  for (const [index, from] of statuses.entries())
    expect(after[index]?.status).toBe(moves[from].includes(to) ? to : from);
  const forced = await send(admin, 'POST', ORDERS, { ...body, force: true });
  expect(forced.body).toMatchObject({ success: true, updated_count: 5, failed_count: 0 });
  expect(new Set((await everything(admin, 'orders')).map(({ status }) => status))).toEqual(new Set([to]));
});

test('does an id that came several times once, and reports it at each of its places', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1, { notes: '' })]);
  const { body } = await send(admin, 'POST', ORDERS, {
    ...{ order_ids: [1, 7, 1, 7, 1], status: 'confirmed', notes: 'once' },
  });
  expect(body).toMatchObject({ updated_count: 3, failed_count: 2, total_count: 5 });
  expect(
    body.results.map(({ order_id, success }: { order_id: number; success: boolean }) => [order_id, success]),
  ).toEqual([
    [1, true],
    [7, false],
    [1, true],
    [7, false],
    [1, true],
  ]);
  expect((await everything(admin, 'orders'))[0]?.notes).toBe('once');
});

test('takes a hundred orders, and does them once for an idempotency key', async () => {
  const admin = await administrator();
  await stored(
    admin,
    'orders',
    several(100, (id) => order(id, { notes: '' })),
  );
  const call = () =>
    send(
      admin,
      'POST',
      ORDERS,
      { order_ids: several(100, (id) => id), status: 'confirmed', notes: 'n' },
      { 'Idempotency-Key': 'once' },
    );
  const first = await call();
  const again = await call();
  expect(first.body).toMatchObject({ success: true, updated_count: 100 });
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.text).toBe(first.text);
  expect(new Set((await everything(admin, 'orders')).map(({ notes }) => notes))).toEqual(new Set(['n']));
});

test('loses no change when many administrators change the same orders at once', async () => {
  const admin = await administrator();
  const ids = several(30, (id) => id);
  await stored(
    admin,
    'orders',
    ids.map((id) => order(id, { notes: '' })),
  );
  const answers = await Promise.all(
    several(8, (n) => send(admin, 'POST', ORDERS, { order_ids: ids, status: 'pending', notes: `note ${n}` })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  for (const { notes } of await everything(admin, 'orders'))
    expect(notes.split('\n').toSorted()).toEqual(several(8, (n) => `note ${n}`).toSorted());
});

test('approves professionals, and nobody else', async () => {
  const admin = await administrator();
  await stored(admin, 'users', [
    user(2, { username: 'john_plumber' }),
    user(3, { profile: { user_type: 'customer' } }),
  ]);
  const { status, body } = await send(admin, 'POST', PROFESSIONALS, {
    ...{ user_ids: [2, 3, 4], is_verified: true, is_available: true },
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    ...{ success: false, updated_count: 1, failed_count: 2, total_count: 3 },
    results: [
      {
        ...{ user_id: 2, username: 'john_plumber', success: true },
        ...{ is_verified: true, is_premium: false, is_available: true },
      },
      { user_id: 3, success: false, error: 'Professional profile not found' },
      { user_id: 4, success: false, error: 'Professional profile not found' },
    ],
  });
  const [professional, customer] = await everything(admin, 'users');
  expect(professional?.profile).toMatchObject({ is_verified: true, is_premium: false, is_available: true });
  expect(customer).toEqual(user(3, { profile: { user_type: 'customer' } }));
  const verified = await send(admin, 'GET', '/export/users/?is_verified=true');
  expect(verified.body).toMatchObject({ count: 1, results: [{ id: 2 }] });
});

test('activates and deactivates services', async () => {
  const admin = await administrator();
  await stored(admin, 'services', [service(1), service(2, { is_active: false })]);
  const { body } = await send(admin, 'POST', SERVICES, { service_ids: [1, 2, 3], is_active: false });
  expect(body).toEqual({
    ...{ success: false, updated_count: 2, failed_count: 1, total_count: 3 },
    results: [
      ...[1, 2].map((service_id) => ({
        ...{ service_id, name: 'Emergency Plumbing', provider: 'jane_plumber' },
        ...{ success: true, is_active: false },
      })),
      { service_id: 3, success: false, error: 'Service not found' },
    ],
  });
  const inactive = await send(admin, 'GET', '/export/services/?is_active=false&category=plumbing');
  expect(inactive.body.count).toBe(2);
  const [changed, same] = await everything(admin, 'services');
  expect(changed?.updated_at).not.toBe(service(1).updated_at);
  expect(same).toEqual(service(2, { is_active: false }));
});

test('a foreign id is answered exactly as one that does not exist, and nothing of it changes', async () => {
  const owner = await administrator();
  const stranger = await administrator();
  await stored(owner, 'orders', [order(1)]);
  await stored(owner, 'users', [user(1)]);
  await stored(owner, 'services', [service(1)]);
  const calls: [string, (id: number) => object][] = [
    [ORDERS, (id) => ({ order_ids: [id], status: 'confirmed' })],
    [PROFESSIONALS, (id) => ({ user_ids: [id], is_verified: true })],
    [SERVICES, (id) => ({ service_ids: [id], is_active: false })],
  ];
  for (const [path, body] of calls) {
    const foreign = await send(stranger, 'POST', path, body(1));
    const unknown = await send(stranger, 'POST', path, body(2));
    expect(foreign.status).toBe(200);
    expect(foreign.text).toBe(unknown.text.replaceAll('":2', '":1'));
  }
  expect(await everything(owner, 'orders')).toEqual([order(1)]);
  expect(await everything(owner, 'users')).toEqual([user(1)]);
  expect(await everything(owner, 'services')).toEqual([service(1)]);
});

const list = 'must be a non-empty list';
test.each([
  [ORDERS, { status: 'completed' }, 'order_ids', list],
  [ORDERS, { order_ids: [], status: 'completed' }, 'order_ids', list],
  [ORDERS, { order_ids: 1, status: 'completed' }, 'order_ids', list],
  [
    ORDERS,
    { order_ids: several(101, (id) => id), status: 'completed' },
    'order_ids',
    'must have at most 100 ids',
  ],
  [ORDERS, { order_ids: [1, '2'], status: 'completed' }, 'order_ids[1]', 'must be a positive whole number'],
  [ORDERS, { order_ids: [0], status: 'completed' }, 'order_ids[0]', 'must be a positive whole number'],
  [ORDERS, { order_ids: [1.5], status: 'completed' }, 'order_ids[0]', 'must be a positive whole number'],
  [ORDERS, { order_ids: [2 ** 53], status: 'completed' }, 'order_ids[0]', 'must be a positive whole number'],
  [
    ORDERS,
    { order_ids: [1], status: 'banana' },
    'status',
    'must be one of pending, confirmed, in_progress, completed, cancelled',
  ],
  [
    ORDERS,
    { order_ids: [1], status: 'completed', notes: 7 },
    'notes',
    'must be a text of at most 5000 characters',
  ],
  [
    ORDERS,
    { order_ids: [1], status: 'completed', notes: 'a\u0000' },
    'notes',
    'has characters that cannot be stored',
  ],
  [ORDERS, { order_ids: [1], status: 'completed', force: 'yes' }, 'force', 'must be true or false'],
  [
    ORDERS,
    { order_ids: [1], status: 'completed', tenant_id: 't' },
    'tenant_id',
    'is not a field of this request',
  ],
  [
    PROFESSIONALS,
    { user_ids: [1] },
    'is_verified',
    'at least one of is_verified, is_premium, is_available is required',
  ],
  [PROFESSIONALS, { user_ids: [1], is_verified: 'yes' }, 'is_verified', 'must be true or false'],
  [PROFESSIONALS, { is_verified: true }, 'user_ids', list],
  [SERVICES, { service_ids: [1] }, 'is_active', 'must be true or false'],
  [SERVICES, { service_ids: [1], is_active: 1 }, 'is_active', 'must be true or false'],
])('%s refuses %j, and changes nothing', async (path, body, field, issue) => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1, { status: 'in_progress' })]);
  const answer = await send(admin, 'POST', path, body);
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual(refusal(field, issue));
  expect(await everything(admin, 'orders')).toEqual([order(1, { status: 'in_progress' })]);
});

test('notes that would become too long are an error of their order alone', async () => {
  const admin = await administrator();
  const long: Order = order(1, { notes: 'x'.repeat(19_999) });
  await stored(admin, 'orders', [long, order(2)]);
  const { body } = await send(admin, 'POST', ORDERS, { order_ids: [1, 2], status: 'confirmed', notes: 'y' });
  expect(body.results.map(({ success }: { success: boolean }) => success)).toEqual([false, true]);
  expect((await everything(admin, 'orders'))[0]).toEqual(long);
});

test('is for administrators alone', async () => {
  const admin = await administrator();
  await stored(admin, 'orders', [order(1)]);
  for (const role of ['manager', 'viewer', 'user'] as const) {
    const person = await somebody({ role, tenantId: admin.tenantId });
    for (const path of [ORDERS, PROFESSIONALS, SERVICES]) {
      const answer = await send(person, 'POST', path, { order_ids: [1], status: 'confirmed' });
      expect(answer.status).toBe(403);
      expect(answer.body).toEqual({
        error: { code: 'PERMISSION_DENIED', message: 'Admin permissions required' },
      });
    }
  }
  expect(await everything(admin, 'orders')).toEqual([order(1)]);
});
