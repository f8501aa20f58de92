import { dynamo } from '../../core/dynamo/dynamo.ts';
import { queryAll } from '../../core/dynamo/query-all.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { sweepInParts } from '../../core/sweep.ts';
import { Delivery, deliveriesPartition, deliveryKey, startDelivery } from '../../core/webhook/delivery.ts';
import { Webhook, webhookKey } from '../../core/webhook/webhook.ts';
import { workflowStatus } from '../../core/workflow.ts';

/** Loads a delivery and its webhook, which may have been deleted since. */
export async function findDelivery(
  id: string,
): Promise<{ delivery: Delivery; webhook?: Webhook } | undefined> {
  const TableName = tableName('webhooks');
  const item = await dynamo().get(TableName, deliveryKey(id));
  if (!item) return undefined;
  const delivery = Delivery.parse(item);
  const webhook = await dynamo().get(TableName, webhookKey(delivery.tenant, delivery.webhook));
  return webhook ? { delivery, webhook: Webhook.parse(webhook) } : { delivery };
}

/**
 * Stores the number of attempts and the time of the next one.
 *
 * @param dueAt RFC 3339.
 */
export async function postponeDelivery(id: string, attempts: number, dueAt: string): Promise<void> {
  await dynamo().update({
    TableName: tableName('webhooks'),
    Key: deliveryKey(id),
    UpdateExpression: 'SET attempts = :attempts, due_at = :due_at',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ':attempts': attempts, ':due_at': dueAt },
  });
}

export async function deleteDelivery(id: string): Promise<void> {
  await dynamo().remove({ TableName: tableName('webhooks'), Key: deliveryKey(id) });
}

/** A delivery this long overdue has lost its workflow: an attempt takes at most 15 seconds. */
const overdueMs = 30_000;

/** Starts a new execution for a delivery, unless one is running. */
async function restart(delivery: Delivery): Promise<void> {
  const execution = `${delivery.id}-${delivery.started}`;
  if ((await workflowStatus('webhookDelivery', execution)) === 'RUNNING') return;
  const started = delivery.started + 1;
  const { done } = await dynamo().update({
    TableName: tableName('webhooks'),
    Key: deliveryKey(delivery.id),
    UpdateExpression: 'SET started = :next',
    ConditionExpression: 'started = :last',
    ExpressionAttributeValues: { ':last': delivery.started, ':next': started },
  });
  // Otherwise another sweep restarts it, or the receiver accepted it meanwhile.
  if (done) await startDelivery({ ...delivery, started });
}

/**
 * Restarts deliveries whose execution was never started or has died.
 *
 * @param now milliseconds since the epoch.
 */
export async function restartDeliveries(now: number): Promise<void> {
  const query = { table: tableName('webhooks'), range: { pk: deliveriesPartition } };
  const parts = sweepInParts('webhook deliveries');
  for await (const item of queryAll(dynamo(), query))
    await parts.run(async () => {
      const delivery = Delivery.parse(item);
      if (Date.parse(delivery.due_at) <= now - overdueMs) await restart(delivery);
    });
  parts.finish();
}
