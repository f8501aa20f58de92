import { randomUUID } from 'node:crypto';
import { timestamp } from '../../core/clock.ts';
import { CodedProblem } from '../../core/http/coded-problem.ts';
import { serve } from '../../core/http/serve.ts';
import { findWebhooks, type Webhook } from '../../core/webhook/webhook.ts';
import { webhooks } from './api.ts';
import { refuseEvents, webhookScope } from './scope.ts';
import { sealedSecret } from './secret.ts';
import { isReceiver } from './send-webhook.ts';
import { newSecret } from './signature.ts';
import { addressOf } from './webhook-address.ts';
import { webhookToReply } from './webhook-shape.ts';
import { registerWebhook, webhooksPerTenantMax } from './webhook-store.ts';

/** @throws CodedProblem VALIDATION_ERROR if the URL is not https or not public. */
async function refuseReceiver(url: string): Promise<void> {
  if (await isReceiver(url)) return;
  const text = 'url: must be https without user and password, and lead to a public address';
  throw new CodedProblem('invalid', 'VALIDATION_ERROR', text, { details: { field: 'url' } });
}

/**
 * Checks a new webhook against those that the tenant has.
 *
 * @throws CodedProblem WEBHOOK_EXISTS or TOO_MANY_WEBHOOKS.
 */
function refuseOneMore({ url, organization }: Pick<Webhook, 'url' | 'organization'>, known: Webhook[]): void {
  if (known.some((webhook) => addressOf(webhook.url) === url && webhook.organization === organization))
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
  await refuseReceiver(url);
  const webhook = {
    id: randomUUID(),
    url,
    events: [...new Set(events)],
    organization,
    enabled: true,
    created_at: timestamp(clock.now()),
  };
  refuseOneMore(webhook, await findWebhooks(caller.tenantId));
  const secret = newSecret();
  const whole = { ...webhook, ...(await sealedSecret(caller.tenantId, webhook.id, secret)) };
  await registerWebhook(caller.tenantId, whole, (known) => refuseOneMore(webhook, known));
  return { ...webhookToReply(whole), secret };
});
