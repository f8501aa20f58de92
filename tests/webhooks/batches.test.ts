import { beforeAll, expect, test } from 'vitest';
import type { EventName } from '../../core/webhook/webhook.ts';
import { adminWorkers } from '../../functions/admin/workers.ts';
import { ended, order, send, several, stored } from '../admin/records.ts';
import { ok, pause } from '../cliniko/fixtures.ts';
import type { Person } from '../people.ts';
import { ownServiceOfFile } from '../service/own.ts';
import { runWorker } from '../service/run-worker.ts';
import { tablesOf } from '../service/tables.ts';
import { isSigned, receiver } from './receiver.ts';

let own: Awaited<ReturnType<typeof ownServiceOfFile>>;
beforeAll(async () => {
  // Only this setting lets a message reach a receiver on this machine.
  own = await ownServiceOfFile({ environment: { WEBHOOK_LOOPBACK: 'true' } });
});

const administrator = () => own.person({ role: 'admin' });

const hook = async ({ api }: Person, url: string, events: EventName[] = ['batch.completed']) =>
  ok(await api.webhooks.create({ body: { url, events } }));

/** Submits a batch that completes orders, and returns its number. */
async function submit(admin: Person, orders: number, more: object = {}): Promise<number> {
  const operations = several(orders, (resource_id) => ({
    resource_id,
    data: { status: 'completed', force: true },
  }));
  const body = { operation_type: 'order_update', operations, ...more };
  const answer = await send(admin, 'POST', '/async/submit/', body);
  expect(answer.status).toBe(202);
  return answer.body.batch_id;
}

/** Deliveries that no receiver has accepted yet. */
const onTheirWay = async () =>
  (await tablesOf(own.running).scan('webhooks')).filter(({ pk }) => pk === 'DELIVERIES');

async function allTaken(): Promise<void> {
  while ((await onTheirWay()).length > 0) await pause(50);
}

/** The batch as the engine stores it. */
async function recordOf({ tenantId }: Person, number: number) {
  const items = await tablesOf(own.running).scan('operations');
  const record = items.find(({ sk, id }) => sk === 'BATCH' && id === `${number}@${tenantId}`);
  if (!record) throw new Error('there is no such batch');
  return record;
}

/**
 * Has the end of a batch announced again, as after a crash between the announcement and the note that it was
 * made.
 */
async function announceAgain(admin: Person, number: number): Promise<void> {
  const tables = tablesOf(own.running);
  while (!(await recordOf(admin, number)).announcedAt) await pause(50);
  const { order: sk, id } = await recordOf(admin, number);
  const entry = { pk: 'OPEN#admin', sk };
  await tables.set('operations', entry, 'tenant', admin.tenantId);
  await tables.set('operations', entry, 'id', id);
  await runWorker(own.running, adminWorkers.sweepBatches);
  const open = (await tables.scan('operations')).filter(({ pk }) => pk === entry.pk);
  expect(open).toEqual([]);
}

test('tells of the end of an admin batch, signed, and once though it is announced twice', async () => {
  const [admin, target] = [await administrator(), await receiver(204)];
  await stored(admin, 'orders', [order(1), order(2)]);
  const { secret } = await hook(admin, target.url);
  const batch_id = await submit(admin, 3);
  await ended(admin, batch_id);
  const [message] = await target.until(1);
  expect(message && isSigned(message, secret)).toBe(true);
  expect(JSON.parse(message?.body ?? '')).toEqual({
    event: 'batch.completed',
    data: {
      ...{ batch_id, operation_type: 'order_update', status: 'completed' },
      ...{ total: 3, completed: 2, failed: 1, canceled: 0 },
    },
  });
  await allTaken();
  const notices = () =>
    own.running
      .outbox()
      .filter(
        ({ kind, content }) => kind === 'notification' && JSON.stringify(content).includes(admin.tenantId),
      );
  await announceAgain(admin, batch_id);
  // Otherwise it would not have been announced twice.
  expect(notices()).toHaveLength(2);
  expect(await onTheirWay()).toEqual([]);
  await pause(300);
  expect(target.received).toHaveLength(1);
  target.close();
});

test('tells that a batch was cancelled, with numbers that add up', async () => {
  const [admin, target] = [await administrator(), await receiver(204)];
  await hook(admin, target.url);
  const batch_id = await submit(admin, 1_000);
  const { status, body } = await send(admin, 'POST', `/async/cancel/${batch_id}/`);
  expect(status).toBe(200);
  const [message] = await target.until(1);
  const { event, data } = JSON.parse(message?.body ?? '');
  expect([event, data]).toMatchObject([
    'batch.completed',
    { batch_id, status: 'canceled', total: 1_000, canceled: body.canceled_operations },
  ]);
  expect(data.completed + data.failed + data.canceled).toBe(1_000);
  await pause(300);
  expect(target.received).toHaveLength(1);
  target.close();
});

test('tells no other tenant, nobody who asked for something else, and nobody if the batch is not to be told', async () => {
  const [admin, stranger] = [await administrator(), await administrator()];
  const [mine, foreign, other] = [await receiver(204), await receiver(204), await receiver(204)];
  await hook(admin, mine.url);
  await hook(stranger, foreign.url);
  await hook(admin, other.url, ['sync.completed', 'sync.failed']);
  await ended(admin, await submit(admin, 1, { notify_on_completion: false }));
  const told = await submit(admin, 1);
  const [message] = await mine.until(1);
  expect(JSON.parse(message?.body ?? '').data.batch_id).toBe(told);
  await allTaken();
  await pause(300);
  expect([mine, foreign, other].map(({ received }) => received.length)).toEqual([1, 0, 0]);
  for (const { close } of [mine, foreign, other]) close();
});

test('lets only administrators ask for the ends of batches, and stores nothing for anybody else', async () => {
  const admin = await administrator();
  const manager = await own.person({
    ...{ role: 'manager', tenantId: admin.tenantId },
    claims: { organization_id: '9' },
  });
  for (const events of [['batch.completed'], ['sync.completed', 'batch.completed']] satisfies EventName[][]) {
    const body = { url: 'https://one.example.com/hook', events };
    const refused = await manager.api.webhooks.create({ body });
    expect([refused.status, refused.body]).toMatchObject([403, { error: true, error_code: 'FORBIDDEN' }]);
  }
  expect(ok(await admin.api.webhooks.list()).webhooks).toEqual([]);
  const superAdmin = await own.person({ role: 'super_admin', tenantId: admin.tenantId });
  expect(await hook(superAdmin, 'https://one.example.com/hook')).toMatchObject({
    ...{ events: ['batch.completed'], organization_id: null },
  });
});
