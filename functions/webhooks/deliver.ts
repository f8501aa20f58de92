import { systemClock, timestamp } from '../../core/clock.ts';
import { consume } from '../../core/consume.ts';
import type { Delivery } from '../../core/webhook/delivery.ts';
import { deleteDelivery, findDelivery, postponeDelivery } from './delivery-store.ts';
import { nextAttempt } from './next-attempt.ts';
import { secretOf } from './secret.ts';
import { type ReceiverAnswer, sendWebhook } from './send-webhook.ts';
import { signatureHeaders } from './signature.ts';
import { disableWebhook } from './webhook-store.ts';
import { webhookWorkers } from './workers.ts';

const goneStatus = 410;

/**
 * Time of the next attempt after an answer, in milliseconds since the epoch; `undefined` if the message was
 * accepted or given up.
 */
function nextAttemptAfter({ status = 0, retryAfter }: ReceiverAnswer, attempts: number): number | undefined {
  const isTaken = (status >= 200 && status < 300) || status === goneStatus;
  return isTaken ? undefined : nextAttempt(attempts, retryAfter, systemClock.now(), Math.random());
}

/** Stores when a message is sent again, or deletes it. */
async function finishAttempt({ id }: Delivery, attempts: number, again: number | undefined) {
  if (again === undefined) {
    await deleteDelivery(id);
    return {};
  }
  await postponeDelivery(id, attempts, timestamp(again));
  return { until: timestamp(again) };
}

export const handler = consume(webhookWorkers.deliver, async ({ delivery: id }) => {
  const found = await findDelivery(id);
  if (!found) return {};
  const { delivery, webhook } = found;
  if (Date.parse(delivery.due_at) > systemClock.now()) return { until: delivery.due_at };
  const secret = webhook?.enabled ? await secretOf(delivery.tenant, webhook, systemClock.now()) : undefined;
  if (!webhook || !secret) return await finishAttempt(delivery, delivery.attempts, undefined);
  const headers = signatureHeaders(id, delivery.body, secret, systemClock.now());
  const answer = await sendWebhook(webhook.url, delivery.body, headers);
  if (answer.status === goneStatus) await disableWebhook(delivery.tenant, webhook.id);
  const attempts = delivery.attempts + 1;
  return await finishAttempt(delivery, attempts, nextAttemptAfter(answer, attempts));
});
