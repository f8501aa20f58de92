import { systemDeps } from '../../core/deps.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { transactOnce } from '../../core/dynamo/transact-once.ts';
import { assertVersion } from '../../core/dynamo/version.ts';
import { Problem } from '../../core/http/problem.ts';
import { findWebhooks, type Webhook, webhookKey } from '../../core/webhook/webhook.ts';

/** One transaction stores a delivery for every webhook of a tenant (TransactWriteItems: 100 actions). */
export const webhooksPerTenantMax = 20;

/**
 * The item that counts a tenant's registrations. Each is conditional on the count that it read (optimistic
 * locking), so that none is decided by a list that has changed since.
 */
const registrationsKey = (tenant: string) => ({ pk: `TENANT#${tenant}`, sk: 'REGISTRATIONS' });

/** Each failed try is another registration of the tenant: twenty suffice, unless webhooks are removed. */
const triesMax = 100;

/**
 * Stores a new webhook.
 *
 * @param refuse throws if the webhook must not be added to these; it may be called several times.
 * @throws Problem `conflict` if other webhooks were registered during each of a hundred tries.
 */
export async function registerWebhook(
  tenant: string,
  webhook: Webhook,
  refuse: (known: Webhook[]) => void,
): Promise<void> {
  const TableName = tableName('webhooks');
  const key = registrationsKey(tenant);
  for (let time = 0; time < triesMax; time++) {
    const counter = (await dynamo().get(TableName, key)) ?? {};
    assertVersion(counter, 'counter of registrations');
    const registrations = Number(counter.registrations ?? 0);
    refuse(await findWebhooks(tenant));
    const { done } = await transactOnce(dynamo(), systemDeps, [
      { Put: { TableName, Item: { ...webhookKey(tenant, webhook.id), ...webhook } } },
      {
        Put: {
          TableName,
          Item: { ...key, registrations: registrations + 1 },
          ConditionExpression: 'attribute_not_exists(pk) OR registrations = :read',
          ExpressionAttributeValues: { ':read': registrations },
        },
      },
    ]);
    if (done) return;
  }
  throw new Problem('conflict', 'Other webhooks were registered at the same time');
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
