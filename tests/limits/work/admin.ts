import { order, several } from '../../admin/records.ts';
import { receiver } from '../../webhooks/receiver.ts';
import { type Caller, compared, until, type Wrong } from '../caller.ts';

/** Orders are imported and completed by an asynchronous batch, whose end one webhook tells, once. */
export async function admin({ person, insist }: Caller, rounds: number): Promise<Wrong> {
  const mine = await person();
  const target = await receiver(204);
  const hook = { url: target.url, events: ['batch.completed'] };
  // 409 after a lost answer: it is registered.
  await insist(mine, 'POST', '/api/v1/webhooks', hook, 409);
  const orders = several(60 * rounds, (id) => order(id, { status: 'in_progress' }));
  await insist(mine, 'POST', '/api/v1/admin/import/orders', orders);
  const operations = orders.map(({ id }) => ({ resource_id: id, data: { status: 'completed' } }));
  const submission = { operation_type: 'order_update', operations };
  const { body: batch } = await insist(mine, 'POST', '/api/v1/admin/async/submit', submission);
  const path = `/api/v1/admin/async/status/${batch.batch_id}`;
  await until('the end of an admin batch', async () => {
    const { status } = (await insist(await person({ tenantId: mine.tenantId }), 'GET', path)).body;
    return !['pending', 'processing'].includes(status);
  });
  await until('a webhook', async () => target.received.length > 0);
  target.close();
  const { body } = await insist(mine, 'GET', '/api/v1/admin/export/orders?limit=10000');
  const results = body.results as { id: number; status: string }[];
  const done = results.filter(({ status }) => status === 'completed').map(({ id }) => String(id));
  const { lost, doubled } = compared(
    orders.map(({ id }) => String(id)),
    done,
  );
  // A receiver knows a repeated message by its id.
  const told = new Set(target.received.map(({ headers }) => headers['webhook-id'])).size;
  return { lost: lost + (told === 0 ? 1 : 0), doubled: doubled + Math.max(0, told - 1), partial: 0 };
}
