import * as z from 'zod';

/** What a webhook can tell of. */
export const events = ['sync.completed', 'sync.failed'] as const;

/** Somebody who wants to hear of events, as it is answered: everything but the secret. */
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
