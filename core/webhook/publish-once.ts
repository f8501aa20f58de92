import { createHash } from 'node:crypto';
import { systemDeps } from '../deps.ts';
import { dynamo } from '../dynamo/dynamo.ts';
import { tableName } from '../dynamo/tables.ts';
import { transactOnce } from '../dynamo/transact-once.ts';
import { type Delivery, deliveriesOf, deliveryWrite, startDelivery } from './delivery.ts';
import type { Origin, WebhookEvent } from './webhook.ts';

/** Lifetime of the marker that blocks repeats: far longer than an event may be published again. */
const dedupRetentionSeconds = 30 * 86_400;

/** Deterministic id: the same message to the same webhook always has the same one. */
const idOf = (source: string, webhook: string, body: string): string =>
  createHash('sha256')
    .update(JSON.stringify([source, webhook, body]))
    .digest('hex')
    .slice(0, 32);

/**
 * Stores a message together with a marker that it was stored, since an accepted delivery is deleted.
 *
 * @returns false if the marker exists: the message was stored before.
 */
async function write(delivery: Delivery, now: number): Promise<boolean> {
  const key = { pk: `TOLD#${delivery.id}`, sk: 'TOLD' };
  const Put = {
    TableName: tableName('webhooks'),
    Item: { ...key, expires_at: Math.ceil(now / 1000) + dedupRetentionSeconds },
    ConditionExpression: 'attribute_not_exists(pk)',
  };
  return (await transactOnce(dynamo(), systemDeps, [{ Put }, deliveryWrite(delivery)])).done;
}

/**
 * Publishes an event to every subscribed webhook, for publishers that repeat (at-least-once). Each webhook
 * gets one message per source and content; a source that publishes other content later (a batch that ended
 * differently after all) makes another message.
 *
 * @param source id of what the event is about, unique over all tenants.
 * @param now milliseconds since the epoch.
 */
export async function publishOnce(
  source: string,
  origin: Origin,
  event: WebhookEvent,
  now: number,
): Promise<void> {
  const deliveries = await deliveriesOf(origin, event, ({ id }, body) => idOf(source, id, body), now);
  // The execution of a message stored before was started then, or the sweep starts it.
  for (const delivery of deliveries) if (await write(delivery, now)) await startDelivery(delivery);
}
