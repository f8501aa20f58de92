import { randomUUID } from 'node:crypto';
import { timestamp } from '../../core/clock.ts';
import type { Caller } from '../../core/http/caller.ts';
import { CodedProblem } from '../../core/http/coded-problem.ts';
import { serve } from '../../core/http/serve.ts';
import { writeSecret } from '../../core/secrets.ts';
import { findWebhooks } from '../../core/webhook/webhook.ts';
import { webhooks } from './api.ts';
import { refuseEvents, webhookScope } from './scope.ts';
import { isReceiver } from './send-webhook.ts';
import { newSecret } from './signature.ts';
import { webhookToReply } from './webhook-shape.ts';
import { putWebhook, webhooksPerTenantMax } from './webhook-store.ts';

/**
 * Checks the URL of a new webhook, and the number of the tenant's webhooks.
 *
 * @throws CodedProblem VALIDATION_ERROR if the URL is not https or not public, WEBHOOK_EXISTS or
 * TOO_MANY_WEBHOOKS.
 */
async function refuseReceiver(url: string, organization: string | null, { tenantId }: Caller): Promise<void> {
  if (!(await isReceiver(url))) {
    const text = 'url: must be https and lead to a public address';
    throw new CodedProblem('invalid', 'VALIDATION_ERROR', text, { details: { field: 'url' } });
  }
  const known = await findWebhooks(tenantId);
  if (known.some((webhook) => webhook.url === url && webhook.organization === organization))
    throw new CodedProblem('conflict', 'WEBHOOK_EXISTS', 'This address is registered already');
  if (known.length >= webhooksPerTenantMax)
    throw new CodedProblem(
      'conflict',
      'TOO_MANY_WEBHOOKS',
      `A tenant has at most ${webhooksPerTenantMax} webhooks`,
    );
}

export const handler = serve(webhooks.create, async ({ body: { url, events }, caller, clock }) => {
  const organization = webhookScope(caller);
  refuseEvents(events, organization);
  await refuseReceiver(url, organization, caller);
  const webhook = {
    id: randomUUID(),
    url,
    events: [...new Set(events)],
    organization,
    enabled: true,
    created_at: timestamp(clock.now()),
  };
  const secret = newSecret();
  await writeSecret('webhookSecrets', webhook.id, secret, clock.now());
  await putWebhook(caller.tenantId, webhook);
  return { ...webhookToReply(webhook), secret };
});
