import { timestamp } from '../clock.ts';
import type { Action } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import { startWorkflow } from '../workflow.ts';
import { findWebhooks, isSubscribed, type Origin, type Webhook, type WebhookEvent } from './webhook.ts';

/** A message on its way to one receiver, as it is stored until it is taken or given up. */
export interface Delivery {
  /** Receivers are told it, and know repeats by it. It also names executions: at most 70 letters, digits, `-` and `_`. */
  id: string;
  tenant: string;
  webhook: string;
  /** The very bytes that are signed and sent. */
  body: string;
  /** How often it was sent. */
  attempts: number;
  /** When it is sent next, RFC 3339. */
  due_at: string;
  /** How often its workflow was started. */
  started: number;
}

/** Messages that some receiver has not taken yet, of all tenants. */
export const deliveriesPartition = 'DELIVERIES';
export const deliveryKey = (id: string) => ({ pk: deliveriesPartition, sk: id });

/**
 * A message for every webhook that is to hear of an event; nothing is stored yet.
 *
 * @param idOf the id of the message for a webhook.
 * @param now milliseconds since the epoch.
 */
export async function deliveriesOf(
  { tenant, organization }: Origin,
  event: WebhookEvent,
  idOf: (webhook: Webhook, body: string) => string,
  now: number,
): Promise<Delivery[]> {
  const body = JSON.stringify(event);
  const webhooks = await findWebhooks(tenant);
  return webhooks
    .filter((webhook) => isSubscribed(webhook, event.event, organization))
    .map((webhook) => ({
      ...{ id: idOf(webhook, body), tenant, webhook: webhook.id, body },
      ...{ attempts: 0, due_at: timestamp(now), started: 1 },
    }));
}

/** Stores a message, in the transaction of what it tells of. */
export const deliveryWrite = (delivery: Delivery): Action => ({
  Put: { TableName: tableName('webhooks'), Item: { ...deliveryKey(delivery.id), ...delivery } },
});

/** Starts the workflow of a stored delivery. Repeating it changes nothing; the sweep repeats it if it is lost. */
export async function startDelivery({ id, started }: Delivery): Promise<void> {
  await startWorkflow('webhookDelivery', `${id}-${started}`, { delivery: id, next: {} }).catch(
    () => undefined,
  );
}
