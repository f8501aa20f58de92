import { randomUUID } from 'node:crypto';
import type { Caller } from '../../core/caller.ts';
import { timestamp } from '../../core/clock.ts';
import { writeSecret } from '../../core/secrets.ts';
import { serve } from '../../core/serve.ts';
import { cliniko } from './api.ts';
import { ClinikoProblem } from './errors.ts';
import { isReceiver } from './send-webhook.ts';
import { toldWebhook } from './webhook.ts';
import { webhookScope } from './webhook-scope.ts';
import { findWebhooks, newSecret, putWebhook, WEBHOOKS } from './webhook-store.ts';

/** @throws ClinikoProblem for an address that nothing may be sent to, or that is told already, and for one too many. */
async function refuseReceiver(url: string, organization: string | null, { tenantId }: Caller): Promise<void> {
  if (!(await isReceiver(url))) {
    const text = 'url: must be https and lead to a public address';
    throw new ClinikoProblem('invalid', 'VALIDATION_ERROR', text, { details: { field: 'url' } });
  }
  const webhooks = await findWebhooks(tenantId);
  if (webhooks.some((known) => known.url === url && known.organization === organization))
    throw new ClinikoProblem('conflict', 'WEBHOOK_EXISTS', 'This address is registered already');
  if (webhooks.length >= WEBHOOKS)
    throw new ClinikoProblem('conflict', 'TOO_MANY_WEBHOOKS', `A tenant has at most ${WEBHOOKS} webhooks`);
}

export const handler = serve(cliniko.createWebhook, async ({ body: { url, events }, caller, clock }) => {
  const organization = webhookScope(caller);
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
  return { ...toldWebhook(webhook), secret };
});
