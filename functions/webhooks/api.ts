import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { codedSpelling } from '../../core/http/coded-problem.ts';
import { events } from '../../core/webhook/webhook.ts';
import { NewWebhookAddress, WebhookAddress } from './webhook-address.ts';
import { WebhookReply } from './webhook-shape.ts';

const shared = { errors: codedSpelling, path: '/api/v1/webhooks' } as const;
const Removed = z.object({ success: z.literal(true), id: z.string() });

/** Endpoints that manage webhooks, which report events to URLs of the customer. */
export const webhooks = {
  create: {
    ...shared,
    method: 'POST',
    roles: ['manager', 'admin', 'super_admin'],
    uses: { webhooks: 'write', sealedWebhookSecrets: 'seal' },
    summary: 'Register a webhook for the ends of syncs and admin batches',
    description:
      'Signed webhooks report when a sync or an admin batch has finished. Messages are signed as Standard Webhooks describes; only this answer contains the secret. The URL must be https without user and password, and lead to a public address. Without a 2xx a message is repeated for more than a day; a 410 disables the webhook. The URL is stored in its normal form; 409 if it is registered already, in whatever spelling. A manager gets events of the own organisation only; `batch.completed`, the end of an admin batch with any status, is for administrators (otherwise 403).',
    body: z.strictObject({
      url: NewWebhookAddress,
      events: z.array(z.enum(events)).min(1).max(events.length),
    }),
    status: 201,
    reply: WebhookReply.extend({ secret: z.string() }),
  },
  list: {
    ...shared,
    method: 'GET',
    roles: ['viewer', 'manager', 'admin', 'super_admin'],
    uses: { webhooks: 'read' },
    summary: 'List webhooks',
    reply: z.object({ webhooks: z.array(WebhookReply) }),
  },
  remove: {
    ...shared,
    method: 'DELETE',
    roles: ['manager', 'admin', 'super_admin'],
    uses: { webhooks: 'write', webhookSecrets: 'take' },
    summary: 'Delete a webhook by id or URL',
    body: z
      .strictObject({ id: z.string().max(100).optional(), url: WebhookAddress.optional() })
      .refine(({ id, url }) => (id === undefined) !== (url === undefined), 'must have an id or a url'),
    reply: Removed,
  },
  removeById: {
    ...shared,
    path: '/api/v1/webhooks/{id}',
    method: 'DELETE',
    roles: ['manager', 'admin', 'super_admin'],
    uses: { webhooks: 'write', webhookSecrets: 'take' },
    params: z.object({ id: z.string().max(100) }),
    summary: 'Delete a webhook',
    reply: Removed,
  },
} satisfies Record<string, Endpoint>;
