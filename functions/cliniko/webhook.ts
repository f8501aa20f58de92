import { createHmac } from 'node:crypto';
import type * as z from 'zod';
import { startWorkflow } from '../../core/workflow.ts';
import { organizationId } from './organization.ts';
import { duration, type SyncLog, successRate } from './sync-log.ts';
import type { events, WebhookReply } from './webhook-shape.ts';

/** What a receiver is sent: the seed's fields, and of a sync that failed the code. */
export interface WebhookEvent {
  event: (typeof events)[number];
  organization_id: string | number;
  data: {
    sync_log_id: number;
    operation_type: string;
    patients_synced: number;
    duration: string;
    success_rate: number;
    error_code?: string;
  };
}

/** Somebody who wants to hear of events, as it is stored. The secret is in Secrets Manager, under the id. */
export interface Webhook {
  id: string;
  url: string;
  events: WebhookEvent['event'][];
  /** Only events of this organisation; `null` for all of the tenant's. */
  organization: string | null;
  enabled: boolean;
  created_at: string;
}

export const toldWebhook = (webhook: Webhook): z.input<typeof WebhookReply> => ({
  id: webhook.id,
  url: webhook.url,
  events: webhook.events,
  organization_id: webhook.organization === null ? null : organizationId(webhook.organization),
  enabled: webhook.enabled,
  created_at: webhook.created_at,
});

/** A message on its way to one receiver, as it is stored until it is taken or given up. */
export interface Delivery {
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

export function eventOf(log: SyncLog): WebhookEvent {
  return {
    event: log.fault ? 'sync.failed' : 'sync.completed',
    organization_id: organizationId(log.organization),
    data: {
      sync_log_id: log.id,
      operation_type: log.operation,
      patients_synced: log.success,
      duration: duration(Date.parse(log.completed_at ?? log.progressed_at) - Date.parse(log.started_at)),
      success_rate: successRate(log),
      ...(log.fault ? { error_code: log.fault.error_code } : {}),
    },
  };
}

/** Starts the workflow of a delivery. Repeating it changes nothing; the sweep repeats it if it is lost. */
export async function startDelivery({ id, started }: Delivery): Promise<void> {
  await startWorkflow('webhookDelivery', `${id}-${started}`, { delivery: id, next: {} }).catch(
    () => undefined,
  );
}

/**
 * The headers that prove where a message comes from (Standard Webhooks, "Signature scheme").
 *
 * @param secret `whsec_` and the key in base64.
 * @param now milliseconds since the epoch: the instant of this attempt.
 */
export function signatureHeaders(
  id: string,
  body: string,
  secret: string,
  now: number,
): Record<string, string> {
  const seconds = Math.floor(now / 1000);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Milliseconds before each attempt, counted from the one before (Standard Webhooks, "Deliverability and reliability"): 31.6 hours in all. */
const DELAYS = [0, 5_000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR];

/**
 * When to try again after so many attempts, in milliseconds since the epoch; `undefined` when it was the last.
 *
 * @param retryAfter what the receiver asked for, in milliseconds.
 * @param random 0..1: up to a tenth is added, so that a receiver that comes back is not met by all at once.
 */
export function nextAttempt(
  attempts: number,
  retryAfter: number,
  now: number,
  random: number,
): number | undefined {
  const delay = DELAYS[attempts];
  if (delay === undefined) return undefined;
  return now + Math.max(delay, Math.min(retryAfter, 14 * HOUR)) * (1 + random / 10);
}
