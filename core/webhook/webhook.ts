import { queryAll } from '../dynamo/query-all.ts';

/** What a webhook can tell of. */
export const events = ['sync.completed', 'sync.failed', 'batch.completed'] as const;
export type EventName = (typeof events)[number];

/** What receivers are sent: ids, codes and numbers, never personal data. */
export interface WebhookEvent {
  event: EventName;
  organization_id?: string | number;
  data: Record<string, string | number>;
}

/** Where something happened: in one organisation of a tenant, or (`null`) in the tenant itself. */
export interface Origin {
  tenant: string;
  organization: string | null;
}

/** Somebody who wants to hear of events, as it is stored. The secret is in Secrets Manager, under the id. */
export interface Webhook {
  id: string;
  url: string;
  events: EventName[];
  /** Only events of this organisation; `null` for all of the tenant's. */
  organization: string | null;
  enabled: boolean;
  created_at: string;
}

/** Each tenant has a partition with its webhooks. */
const webhooksOf = (tenant: string) => ({ pk: `TENANT#${tenant}`, prefix: 'WEBHOOK#' });
export const webhookKey = (tenant: string, id: string) => ({ pk: `TENANT#${tenant}`, sk: `WEBHOOK#${id}` });

/** A tenant's webhooks, in the order of their ids. */
export async function findWebhooks(tenant: string): Promise<Webhook[]> {
  const webhooks: Webhook[] = [];
  for await (const page of queryAll('webhooks', webhooksOf(tenant)))
    webhooks.push(...(page as unknown as Webhook[]));
  return webhooks;
}

/** Whether a webhook is to hear of an event of its tenant's. One that is bound to an organisation hears of nothing else. */
export const isSubscribed = (
  { enabled, events, organization: only }: Webhook,
  event: EventName,
  organization: string | null,
): boolean => enabled && events.includes(event) && (only === null || only === organization);
