import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { queryAll } from '../../core/dynamo/query-all.ts';
import { documents, tableName } from '../../core/dynamo/tables.ts';
import { describe, log } from '../../core/log.ts';
import { Delivery, deliveriesPartition, deliveryKey, startDelivery } from '../../core/webhook/delivery.ts';
import { Webhook, webhookKey } from '../../core/webhook/webhook.ts';
import { workflowStatus } from '../../core/workflow.ts';

/** Loads a delivery and its webhook, which may have been deleted since. */
export async function findDelivery(
  id: string,
): Promise<{ delivery: Delivery; webhook?: Webhook } | undefined> {
  const TableName = tableName('webhooks');
  const { Item } = await documents().send(
    new GetCommand({ TableName, Key: deliveryKey(id), ConsistentRead: true }),
  );
  if (!Item) return undefined;
  const delivery = Delivery.parse(Item);
  const { Item: webhook } = await documents().send(
    new GetCommand({ TableName, Key: webhookKey(delivery.tenant, delivery.webhook), ConsistentRead: true }),
  );
  return webhook ? { delivery, webhook: Webhook.parse(webhook) } : { delivery };
}

/**
 * Stores the number of attempts and the time of the next one.
 *
 * @param dueAt RFC 3339.
 */
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

/** A delivery this long overdue has lost its workflow: an attempt takes at most 15 seconds. */
const overdueMs = 30_000;

/** Starts a new execution for a delivery, unless one is running. */
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
  await startDelivery(Delivery.parse(Attributes));
}

/**
 * Restarts deliveries whose execution was never started or has died.
 *
 * @param now milliseconds since the epoch.
 */
export async function restartDeliveries(now: number): Promise<void> {
  for await (const deliveries of queryAll('webhooks', { pk: deliveriesPartition, prefix: '' })) {
    for (const item of deliveries) {
      try {
        const delivery = Delivery.parse(item);
        if (Date.parse(delivery.due_at) <= now - overdueMs) await restart(delivery);
      } catch (error) {
        log('warn', 'delivery could not be restarted', describe(error));
      }
    }
  }
}
