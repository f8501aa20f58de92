import { dynamo } from '../../core/dynamo/dynamo.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { type Webhook, webhookKey } from '../../core/webhook/webhook.ts';

/** One transaction stores a delivery for every webhook of a tenant (TransactWriteItems: 100 actions). */
export const webhooksPerTenantMax = 20;

export async function putWebhook(tenant: string, webhook: Webhook): Promise<void> {
  const Item = { ...webhookKey(tenant, webhook.id), ...webhook };
  await dynamo().put({ TableName: tableName('webhooks'), Item });
}

export async function deleteWebhook(tenant: string, id: string): Promise<void> {
  await dynamo().remove({ TableName: tableName('webhooks'), Key: webhookKey(tenant, id) });
}

/** Disables a webhook whose receiver answered 410 Gone. */
export async function disableWebhook(tenant: string, id: string): Promise<void> {
  await dynamo().update({
    TableName: tableName('webhooks'),
    Key: webhookKey(tenant, id),
    UpdateExpression: 'SET enabled = :no',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ':no': false },
  });
}
