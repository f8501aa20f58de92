import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { queryAll } from '../../core/dynamo/query-all.ts';
import { documents, tableName } from '../../core/dynamo/tables.ts';
import { describe, log } from '../../core/log.ts';
import {
  type Delivery,
  deliveriesPartition,
  deliveryKey,
  startDelivery,
} from '../../core/webhook/delivery.ts';
import { type Webhook, webhookKey } from '../../core/webhook/webhook.ts';
import { workflowStatus } from '../../core/workflow.ts';

/** What a delivery needs: itself, and its receiver if that is still wanted. */
export async function findDelivery(
  id: string,
): Promise<{ delivery: Delivery; webhook?: Webhook } | undefined> {
  const TableName = tableName('webhooks');
  const { Item } = await documents().send(
    new GetCommand({ TableName, Key: deliveryKey(id), ConsistentRead: true }),
  );
  if (!Item) return undefined;
  const delivery = Item as unknown as Delivery;
  const { Item: webhook } = await documents().send(
    new GetCommand({ TableName, Key: webhookKey(delivery.tenant, delivery.webhook), ConsistentRead: true }),
  );
  return webhook ? { delivery, webhook: webhook as unknown as Webhook } : { delivery };
}

/** Records an attempt that is to be repeated. */
export async function postponeDelivery(id: string, attempts: number, dueAt: string): Promise<void> {
  await documents().send(
    new UpdateCommand({
      TableName: tableName('webhooks'),
      Key: deliveryKey(id),
      UpdateExpression: 'SET attempts = :attempts, due_at = :due_at',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':attempts': attempts, ':due_at': dueAt },
    }),
  );
}

export async function deleteDelivery(id: string): Promise<void> {
  await documents().send(new DeleteCommand({ TableName: tableName('webhooks'), Key: deliveryKey(id) }));
}

/** How long after it was due a delivery counts as forgotten, in milliseconds: longer than an attempt takes. */
const overdueMs = 30_000;

/** Starts the workflow of a delivery anew, unless it is at work. */
async function restart(delivery: Delivery): Promise<void> {
  const execution = `${delivery.id}-${delivery.started}`;
  if ((await workflowStatus('webhookDelivery', execution)) === 'RUNNING') return;
  const { Attributes } = await documents().send(
    new UpdateCommand({
      TableName: tableName('webhooks'),
      Key: deliveryKey(delivery.id),
      UpdateExpression: 'SET started = :next',
      ConditionExpression: 'started = :last',
      ExpressionAttributeValues: { ':last': delivery.started, ':next': delivery.started + 1 },
      ReturnValues: 'ALL_NEW',
    }),
  );
  await startDelivery(Attributes as unknown as Delivery);
}

/** Goes on with the deliveries whose workflow was never started or has died. */
export async function restartDeliveries(now: number): Promise<void> {
  for await (const deliveries of queryAll('webhooks', { pk: deliveriesPartition, prefix: '' })) {
    for (const delivery of deliveries as unknown as Delivery[]) {
      if (Date.parse(delivery.due_at) > now - overdueMs) continue;
      await restart(delivery).catch((error: unknown) =>
        log('warn', 'a delivery could not be restarted', describe(error)),
      );
    }
  }
}
