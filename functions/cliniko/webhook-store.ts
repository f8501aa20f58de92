import { randomBytes } from 'node:crypto';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documents, tableName } from '../../core/table.ts';
import { workflowStatus } from '../../core/workflow.ts';
import { DELIVERIES, deliveryKey, webhookKey, webhooksOf } from './keys.ts';
import { queryAll } from './sync-store.ts';
import { type Delivery, startDelivery, type Webhook } from './webhook.ts';

/** Receivers of one tenant at most: each end of a sync writes a message for every one of them in one transaction. */
export const WEBHOOKS = 20;

/** A new secret: 32 random bytes, within the 24 to 64 that Standard Webhooks asks for. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** A tenant's webhooks, in the order of their ids. */
export async function findWebhooks(tenant: string): Promise<Webhook[]> {
  const webhooks: Webhook[] = [];
  for await (const page of queryAll('cliniko', webhooksOf(tenant)))
    webhooks.push(...(page as unknown as Webhook[]));
  return webhooks;
}

export async function putWebhook(tenant: string, webhook: Webhook): Promise<void> {
  const Item = { ...webhookKey(tenant, webhook.id), ...webhook };
  await documents().send(new PutCommand({ TableName: tableName('cliniko'), Item }));
}

export async function deleteWebhook(tenant: string, id: string): Promise<void> {
  await documents().send(new DeleteCommand({ TableName: tableName('cliniko'), Key: webhookKey(tenant, id) }));
}

/** What a delivery needs: itself, and its receiver if that is still wanted. */
export async function findDelivery(
  id: string,
): Promise<{ delivery: Delivery; webhook?: Webhook } | undefined> {
  const TableName = tableName('cliniko');
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
      TableName: tableName('cliniko'),
      Key: deliveryKey(id),
      UpdateExpression: 'SET attempts = :attempts, due_at = :due_at',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':attempts': attempts, ':due_at': dueAt },
    }),
  );
}

export async function deleteDelivery(id: string): Promise<void> {
  await documents().send(new DeleteCommand({ TableName: tableName('cliniko'), Key: deliveryKey(id) }));
}

/** Notes that a receiver is gone for good. */
export async function disableWebhook(tenant: string, id: string): Promise<void> {
  await documents().send(
    new UpdateCommand({
      TableName: tableName('cliniko'),
      Key: webhookKey(tenant, id),
      UpdateExpression: 'SET enabled = :no',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':no': false },
    }),
  );
}

/** How long after it was due a delivery counts as forgotten, in milliseconds: longer than an attempt takes. */
const FORGOTTEN = 30_000;

/** Goes on with the deliveries whose workflow was never started or has died. */
export async function restartDeliveries(now: number): Promise<void> {
  for await (const deliveries of queryAll('cliniko', { pk: DELIVERIES, prefix: '' })) {
    for (const delivery of deliveries as unknown as Delivery[]) {
      if (Date.parse(delivery.due_at) > now - FORGOTTEN) continue;
      const execution = `${delivery.id}-${delivery.started}`;
      if ((await workflowStatus('webhookDelivery', execution)) === 'RUNNING') continue;
      const { Attributes } = await documents().send(
        new UpdateCommand({
          TableName: tableName('cliniko'),
          Key: deliveryKey(delivery.id),
          UpdateExpression: 'SET started = :next',
          ConditionExpression: 'started = :last',
          ExpressionAttributeValues: { ':last': delivery.started, ':next': delivery.started + 1 },
          ReturnValues: 'ALL_NEW',
        }),
      );
      await startDelivery(Attributes as unknown as Delivery);
    }
  }
}
