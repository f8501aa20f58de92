import { dynamo } from '../../core/dynamo/dynamo.ts';
import { queryAll } from '../../core/dynamo/query-all.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { describe, log } from '../../core/log.ts';
import { DELIVERIES, type Delivery, deliveryKey, startDelivery } from '../../core/webhook/delivery.ts';
import { type Webhook, webhookKey } from '../../core/webhook/webhook.ts';
import { workflowStatus } from '../../core/workflow.ts';

/** What a delivery needs: itself, and its receiver if that is still wanted. */
export async function findDelivery(
  id: string,
): Promise<{ delivery: Delivery; webhook?: Webhook } | undefined> {
  const TableName = tableName('webhooks');
  const item = await dynamo().get(TableName, deliveryKey(id));
  if (!item) return undefined;
  const delivery = item as unknown as Delivery;
  const webhook = await dynamo().get(TableName, webhookKey(delivery.tenant, delivery.webhook));
  return webhook ? { delivery, webhook: webhook as unknown as Webhook } : { delivery };
}

/** Records an attempt that is to be repeated. */
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

/** How long after it was due a delivery counts as forgotten, in milliseconds: longer than an attempt takes. */
const FORGOTTEN = 30_000;

/** Starts the workflow of a delivery anew, unless it is at work. */
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
  // Another sweep restarts it, or it was taken meanwhile.
  if (done) await startDelivery({ ...delivery, started });
}

/** Goes on with the deliveries whose workflow was never started or has died. */
export async function restartDeliveries(now: number): Promise<void> {
  const query = { table: tableName('webhooks'), range: { pk: DELIVERIES } };
  for await (const item of queryAll(dynamo(), query)) {
    const delivery = item as unknown as Delivery;
    if (Date.parse(delivery.due_at) > now - FORGOTTEN) continue;
    await restart(delivery).catch((error: unknown) =>
      log('warn', 'a delivery could not be restarted', describe(error)),
    );
  }
}
