import * as z from 'zod';
import type { Worker } from '../../core/contract/worker.ts';
import { message } from '../../core/version.ts';

/** Workers that deliver messages to webhooks. */
export const webhookWorkers = {
  deliver: {
    trigger: { workflow: 'webhookDelivery' },
    uses: { webhooks: 'write', sealedWebhookSecrets: 'open', webhookSecrets: 'read' },
    summary: 'Send one message to one webhook, one attempt',
    message: message('step of a delivery', z.object({ delivery: z.string() })),
    result: z.object({ until: z.string().optional() }),
  },
  sweep: {
    trigger: { every: 'cron(0/2 * * * ? *)' },
    uses: { webhooks: 'write', webhookDelivery: 'run' },
    summary: 'Restart webhook deliveries whose workflow was lost',
    message: z.unknown(),
    timeoutSeconds: 300,
  },
} satisfies Record<string, Worker>;
