import { timestamp } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import { readSecret } from '../../core/secrets.ts';
import { clinikoJobs } from './jobs.ts';
import { sendWebhook } from './send-webhook.ts';
import { nextAttempt, signatureHeaders } from './webhook.ts';
import { deleteDelivery, disableWebhook, findDelivery, postponeDelivery } from './webhook-store.ts';
import { world } from './world.ts';

export const handler = consume(clinikoJobs.deliverWebhook, async ({ delivery: id }) => {
  const found = await findDelivery(id);
  if (!found) return {};
  const { delivery, webhook } = found;
  if (Date.parse(delivery.due_at) > world.now()) return { until: delivery.due_at };
  const secret = webhook?.enabled ? await readSecret('webhookSecrets', webhook.id, world.now()) : undefined;
  if (!webhook || !secret) {
    await deleteDelivery(id);
    return {};
  }
  const headers = signatureHeaders(id, delivery.body, secret, world.now());
  const { status = 0, retryAfter } = await sendWebhook(webhook.url, delivery.body, headers);
  if (status === 410) await disableWebhook(delivery.tenant, webhook.id);
  const attempts = delivery.attempts + 1;
  const isTaken = (status >= 200 && status < 300) || status === 410;
  const again = isTaken ? undefined : nextAttempt(attempts, retryAfter, world.now(), world.random());
  if (again === undefined) {
    await deleteDelivery(id);
    return {};
  }
  await postponeDelivery(id, attempts, timestamp(again));
  return { until: timestamp(again) };
});
