import * as z from 'zod';
import { dynamo } from '../dynamo/dynamo.ts';
import { queryAll } from '../dynamo/query-all.ts';
import { tableName } from '../dynamo/tables.ts';
import { stored } from '../dynamo/version.ts';

/** Events that a webhook can subscribe to. */
export const events = ['sync.completed', 'sync.failed', 'batch.completed'] as const;
export type EventName = (typeof events)[number];

/** The body of a message: ids, codes and numbers, never personal data. */
export interface WebhookEvent {
  event: EventName;
  organization_id?: string | number;
  data: Record<string, string | number>;
}

/** Source of an event: one organisation of a tenant, or (`null`) the tenant itself. */
export interface Origin {
  tenant: string;
  organization: string | null;
}

/** A webhook as stored in `webhooks`. */
export const Webhook = stored(
  'webhook',
  z.object({
    v: z.literal(2),
    id: z.string(),
    url: z.string(),
    events: z.array(z.enum(events)),
    /** Only events of this organisation; `null` for all events of the tenant. */
    organization: z.string().nullable(),
    /** False once the receiver answered 410 Gone. */
    enabled: z.boolean(),
    created_at: z.string(),
    /**
     * The secret that signs its messages, sealed for this webhook. Absent in version 1, whose secret is in
     * Secrets Manager under the webhook's id.
     */
    sealed_secret: z.string().min(1).optional(),
  }),
  // Version 1 has its secret in Secrets Manager: read where there is no sealed one.
  { newest: 2, upgrade: (before) => before },
);
export type Webhook = z.output<typeof Webhook>;

/** One partition per tenant. */
const webhooksOf = (tenant: string) => ({ pk: `TENANT#${tenant}`, prefix: 'WEBHOOK#' });
export const webhookKey = (tenant: string, id: string) => ({ pk: `TENANT#${tenant}`, sk: `WEBHOOK#${id}` });

/** Loads a tenant's webhooks in the order of their ids, strongly consistent. */
export async function findWebhooks(tenant: string): Promise<Webhook[]> {
  const webhooks: Webhook[] = [];
  const query = { table: tableName('webhooks'), range: webhooksOf(tenant) };
  for await (const item of queryAll(dynamo(), query)) webhooks.push(Webhook.parse(item));
  return webhooks;
}

/**
 * True if the webhook subscribes to the event. One bound to an organisation only gets events of that
 * organisation.
 */
export const isSubscribed = (
  { enabled, events, organization: only }: Webhook,
  event: EventName,
  organization: string | null,
): boolean => enabled && events.includes(event) && (only === null || only === organization);
