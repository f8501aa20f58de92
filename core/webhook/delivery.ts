import * as z from 'zod';
import { timestamp } from '../clock.ts';
import type { Action } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import { stored } from '../dynamo/version.ts';
import { startWorkflow } from '../workflow.ts';
import { findWebhooks, isSubscribed, type Origin, type Webhook, type WebhookEvent } from './webhook.ts';

/** A message to one webhook as stored in `webhooks` until it is accepted or given up. */
export const Delivery = stored(
  'delivery',
  z.object({
    /**
     * Sent as `webhook-id`, by which receivers detect repeats. Also names executions: at most 70 letters,
     * digits, `-` and `_`.
     */
    id: z.string(),
    tenant: z.string(),
    /** Id of the webhook. */
    webhook: z.string(),
    /** The exact bytes that are signed and sent. */
    body: z.string(),
    /** Attempts so far. */
    attempts: z.int(),
    /** Time of the next attempt, RFC 3339. */
    due_at: z.string(),
    /** Number of executions started for it. */
    started: z.int(),
  }),
);
export type Delivery = z.output<typeof Delivery>;

/** Partition of the pending messages of all tenants. */
export const deliveriesPartition = 'DELIVERIES';
export const deliveryKey = (id: string) => ({ pk: deliveriesPartition, sk: id });

/**
 * Builds a message for every webhook that subscribes to an event; stores nothing.
 *
 * @param idOf returns the id of the message to a webhook.
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

/** The write that stores a message, for the transaction of the event itself (transactional outbox). */
export const deliveryWrite = (delivery: Delivery): Action => ({
  Put: { TableName: tableName('webhooks'), Item: { ...deliveryKey(delivery.id), ...delivery } },
});

/**
 * Starts the execution of a stored delivery. Idempotent, and never throws: the sweep starts what could not be
 * started here.
 */
export async function startDelivery({ id, started }: Delivery): Promise<void> {
  await startWorkflow('webhookDelivery', `${id}-${started}`, { delivery: id, next: {} }).catch(
    () => undefined,
  );
}
