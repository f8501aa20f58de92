import * as z from 'zod';
import { timestamp } from './clock.ts';
import { dynamo } from './dynamo/dynamo.ts';
import type { Action, Item } from './dynamo/store.ts';
import { tableName } from './dynamo/tables.ts';
import { stored } from './dynamo/version.ts';
import { newTxId } from './ledger/transaction-id.ts';

/** The item of an event. */
export const AuditItem = stored(
  'audit record',
  z.object({
    /** UUID version 7, so that events sort by time, also among the manifests of a ledger. */
    sk: z.string(),
    user: z.string(),
    action: z.enum(['create', 'delete']),
    type: z.literal('api_key'),
    id: z.string(),
    /** RFC 3339. */
    at: z.string(),
  }),
);
type AuditItem = z.output<typeof AuditItem>;

/**
 * The audit record of one change that no ledger recorded in a manifest of its own: ids only, never personal
 * data.
 */
export interface AuditEvent {
  tenant: string;
  /** Its place in the tenant's log: a UUID version 7. */
  eventId: string;
  actor: string;
  action: AuditItem['action'];
  resourceType: AuditItem['type'];
  resourceId: string;
  at: string;
}

export interface AuditQuestion {
  action?: string | undefined;
  resource?: string | undefined;
  /** Only events whose ids sort before this text. */
  after?: string | undefined;
  limit: number;
}

/** Events that one read looks through if a filter may drop most of them. */
const filteredEventsMax = 1_000;

/** The beginning of a partition of events. */
export const eventsPrefix = 'EVENTS#';

const eventsPk = (tenant: string): string => `${eventsPrefix}${tenant}`;

/** A new event. @param now milliseconds since the epoch. @param random a uniform number in [0, 1). */
export const newAuditEvent = (
  event: Omit<AuditEvent, 'eventId' | 'at'>,
  now: number,
  random: () => number,
): AuditEvent => ({ ...event, eventId: newTxId(now, random), at: timestamp(now) });

/**
 * The action that records an event, for the transaction of the change itself. It replaces no record that is
 * there: a function that may put into the table could, so the condition says it.
 */
export const auditAction = (event: AuditEvent): Action => ({
  Put: {
    TableName: tableName('audit'),
    Item: {
      pk: eventsPk(event.tenant),
      ...({
        sk: event.eventId,
        user: event.actor,
        action: event.action,
        type: event.resourceType,
        id: event.resourceId,
        at: event.at,
      } satisfies AuditItem),
    },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

function eventFrom(item: Item, tenant: string): AuditEvent {
  const { sk, user, action, type, id, at } = AuditItem.parse(item);
  return { tenant, eventId: sk, actor: user, action, resourceType: type, resourceId: id, at };
}

/**
 * Events of a tenant, the newest first, by one read. There may be fewer than `limit`, even none, together
 * with a `next`, the id behind which to go on.
 */
export async function auditEvents(
  tenant: string,
  { action, resource, after, limit }: AuditQuestion,
): Promise<{ events: AuditEvent[]; next?: string }> {
  const isFiltered = action !== undefined || resource !== undefined;
  const pk = eventsPk(tenant);
  const page = await dynamo().query({
    TableName: tableName('audit'),
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': pk },
    ScanIndexForward: false,
    Limit: isFiltered ? filteredEventsMax : limit,
    ExclusiveStartKey: after === undefined ? undefined : { pk, sk: after },
  });
  const events = page.items
    .map((item) => eventFrom(item, tenant))
    .filter(({ resourceId }) => resource === undefined || resourceId === resource)
    .filter((event) => action === undefined || event.action === action);
  return page.next ? { events, next: String(page.next.sk) } : { events };
}
