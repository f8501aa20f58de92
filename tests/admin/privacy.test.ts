import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { ownService } from '../service/own.ts';
import { ended, order, send, service, user } from './records.ts';

const CANARY = `Kanarie${randomUUID().slice(0, 8)}`;
const LEAK = new RegExp(CANARY, 'i');

test('what is known of customers is in no log, message, notice or refusal, also when the table goes away', async () => {
  const { running, person } = await ownService();
  const admin = await person({ role: 'admin' });
  const whole = order(1, {
    ...{
      address: CANARY,
      notes: CANARY,
      customer: { id: 1, username: CANARY, email: `${CANARY}@example.com` },
    },
  });
  await send(admin, 'POST', '/import/orders/', [whole]);
  await send(admin, 'POST', '/import/users/', [user(1, { username: CANARY, profile: { phone: CANARY } })]);
  await send(admin, 'POST', '/import/services/', [service(1, { name: CANARY })]);
  const seen = await send(admin, 'GET', '/export/orders/?format=csv');
  expect(seen.text).toMatch(LEAK);
  await send(admin, 'POST', '/bulk/orders/update-status/', {
    order_ids: [1],
    status: 'confirmed',
    notes: CANARY,
  });
  await send(admin, 'POST', '/async/submit/', {
    operation_type: 'user_update',
    operations: [
      { resource_id: 1, data: { city: CANARY } },
      { resource_id: 2, data: { city: CANARY } },
    ],
  });
  const { text } = await ended(admin, 1);
  expect(text).not.toMatch(LEAK);

  const refused = await Promise.all([
    send(admin, 'POST', '/import/orders/', [{ ...whole, address: `${CANARY}\u0000` }]),
    send(admin, 'POST', '/import/orders/', [{ ...whole, status: CANARY }]),
    send(admin, 'POST', '/import/orders/', `ID,Status\n1,${CANARY}`),
    send(admin, 'POST', '/import/orders/', `ID,"${CANARY}`),
    send(admin, 'POST', '/import/orders/', `${CANARY},ID\n1,1`),
    send(admin, 'POST', '/bulk/orders/update-status/', { order_ids: [CANARY], status: CANARY }),
    send(admin, 'POST', '/async/submit/', { operation_type: CANARY, operations: [{ [CANARY]: CANARY }] }),
    send(admin, 'GET', `/export/orders/?status=${CANARY}&cursor=${CANARY}&start_date=${CANARY}`),
    send(admin, 'GET', `/async/status/${CANARY}/`),
  ]);
  for (const { status, text: told } of refused) {
    expect([400, 404]).toContain(status);
    expect(told).not.toMatch(LEAK);
  }

  const queues = running.stack.resources('AWS::SQS::Queue').map(({ name }) => name);
  expect(JSON.stringify(queues.map((name) => running.inspectQueue(name)))).not.toMatch(LEAK);
  expect(await (await fetch(`${admin.url}/_local/outbox`)).text()).not.toMatch(LEAK);

  running.killEngine();
  const faults = await Promise.all([
    send(admin, 'GET', '/export/orders/'),
    send(admin, 'POST', '/import/orders/', [whole]),
  ]);
  for (const fault of faults) {
    expect([500, 503]).toContain(fault.status);
    expect(fault.text).not.toMatch(LEAK);
    expect(['INTERNAL_ERROR', 'SERVICE_UNAVAILABLE']).toContain(fault.body.error.code);
  }
  const lines = running.logs().map(({ source, text: line }) => `${source} ${line}`);
  expect(lines.length).toBeGreaterThan(15);
  expect(lines.filter((line) => LEAK.test(line))).toEqual([]);
}, 90_000);
