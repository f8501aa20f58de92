import { randomUUID } from 'node:crypto';
import { timestamp } from '../../core/clock.ts';
import { writeSecret } from '../../core/secrets.ts';
import { serve } from '../../core/serve.ts';
import { cliniko } from './api.ts';
import { ClinikoProblem } from './errors.ts';
import { isReceiver } from './send-webhook.ts';
import { toldWebhook } from './webhook.ts';
import { visibleWebhooks, webhookScope } from './webhook-scope.ts';
import { newSecret, putWebhook, WEBHOOKS } from './webhook-store.ts';

export const handler = serve(cliniko.createWebhook, async ({ body: { url, events }, caller, clock }) => {
  const organization = webhookScope(caller);
  if (!(await isReceiver(url))) {
    const text = 'url: must be https and lead to a public address';
    throw new ClinikoProblem('invalid', 'VALIDATION_ERROR', text, { details: { field: 'url' } });
  }
  if ((await visibleWebhooks({ ...caller, role: 'admin' })).length >= WEBHOOKS) {
    throw new ClinikoProblem('conflict', 'TOO_MANY_WEBHOOKS', `A tenant has at most ${WEBHOOKS} webhooks`);
  }
  const created_at = timestamp(clock.now());
  const webhook = {
    id: randomUUID(),
    url,
    events: [...new Set(events)],
    organization,
    enabled: true,
    created_at,
  };
  const secret = newSecret();
  await writeSecret('webhookSecrets', webhook.id, secret, clock.now());
  await putWebhook(caller.tenantId, webhook);
  return { ...toldWebhook(webhook), secret };
});
