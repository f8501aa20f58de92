import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { line } from '../../core/contract/fields.ts';
import { codedSpelling } from '../../core/http/coded-problem.ts';
import { events } from '../../core/webhook/webhook.ts';
import { WebhookReply } from './webhook-shape.ts';

const shared = { errors: codedSpelling, path: '/api/v1/webhooks' } as const;
const Removed = z.object({ success: z.literal(true), id: z.string() });

/** Registers who is told what happened here. */
export const webhooks = {
  create: {
    ...shared,
    method: 'POST',
    roles: ['manager', 'admin', 'super_admin'],
    uses: { webhooks: 'write', webhookSecrets: 'write' },
    summary: 'Have the ends of syncs and admin batches told to an address of yours',
    description:
      'Messages are signed as Standard Webhooks describes; the secret is told here and never again. Only https and public addresses. A message that is not answered with 2xx is repeated for more than a day; 410 ends it for good. 409 for an address that is registered already. A manager hears of the own organisation only; `batch.completed`, the end of an admin batch with whatever status, is for administrators (else 403).',
    body: z.strictObject({
      url: line(2_000),
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
    summary: 'List the addresses that are told of ends',
    reply: z.object({ webhooks: z.array(WebhookReply) }),
  },
  remove: {
    ...shared,
    method: 'DELETE',
    roles: ['manager', 'admin', 'super_admin'],
    uses: { webhooks: 'write', webhookSecrets: 'write' },
    summary: 'Tell an address no more, by its id or URL',
    body: z
      .strictObject({ id: z.string().max(100).optional(), url: z.string().max(2_000).optional() })
      .refine(({ id, url }) => (id === undefined) !== (url === undefined), 'must have an id or a url'),
    reply: Removed,
  },
  removeById: {
    ...shared,
    path: '/api/v1/webhooks/{id}',
    method: 'DELETE',
    roles: ['manager', 'admin', 'super_admin'],
    uses: { webhooks: 'write', webhookSecrets: 'write' },
    params: z.object({ id: z.string().max(100) }),
    summary: 'Tell an address no more',
    reply: Removed,
  },
} satisfies Record<string, Endpoint>;
