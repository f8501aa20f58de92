import * as z from 'zod';
import { organizationId } from '../../core/contract/organization-id.ts';
import { events, type Webhook } from '../../core/webhook/webhook.ts';

/** A webhook in answers: everything but the secret. */
export const WebhookReply = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.enum(events)),
    organization_id: z.union([z.string(), z.number()]).nullable(),
    enabled: z.boolean().describe('False once the receiver answered 410 Gone.'),
    created_at: z.string(),
  })
  .meta({ id: 'Webhook' });

/** A stored webhook as an answer's body. */
export const webhookToReply = (webhook: Webhook): z.input<typeof WebhookReply> => ({
  id: webhook.id,
  url: webhook.url,
  events: webhook.events,
  organization_id: webhook.organization === null ? null : organizationId(webhook.organization),
  enabled: webhook.enabled,
  created_at: webhook.created_at,
});
