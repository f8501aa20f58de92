import { createHash } from 'node:crypto';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { documents, tableName } from '../dynamo/tables.ts';
import { type Delivery, deliveriesOf, deliveryWrite, startDelivery } from './delivery.ts';
import type { Origin, WebhookEvent } from './webhook.ts';

/** For how long it is remembered that a message was written, in seconds: far longer than its event is announced again. */
const dedupRetentionSeconds = 30 * 86_400;

/** The same message for the same webhook always has the same id. */
const idOf = (source: string, webhook: string, body: string): string =>
  createHash('sha256')
    .update(JSON.stringify([source, webhook, body]))
    .digest('hex')
    .slice(0, 32);

/**
 * Writes a message unless it was written before. A delivery is deleted once it was taken, so that it was written is remembered
 * beside it.
 *
 * @returns whether it was written now.
 */
async function write(delivery: Delivery, now: number): Promise<boolean> {
  const key = { pk: `TOLD#${delivery.id}`, sk: 'TOLD' };
  const Put = {
    TableName: tableName('webhooks'),
    Item: { ...key, expires_at: Math.ceil(now / 1000) + dedupRetentionSeconds },
    ConditionExpression: 'attribute_not_exists(pk)',
  };
  try {
    await documents().send(new TransactWriteCommand({ TransactItems: [{ Put }, deliveryWrite(delivery)] }));
    return true;
  } catch (error) {
    const { CancellationReasons: [reason] = [] } = error as { CancellationReasons?: { Code?: string }[] };
    if (reason?.Code === 'ConditionalCheckFailed') return false;
    throw error;
  }
}

/**
 * Tells every interested webhook of an event, for publishers that may repeat themselves: each hears once of the same event of the same
 * source, and of another one (a batch that ended otherwise after all) again.
 *
 * @param source what the event is about, unique over all tenants.
 * @param now milliseconds since the epoch.
 */
export async function publishOnce(
  source: string,
  origin: Origin,
  event: WebhookEvent,
  now: number,
): Promise<void> {
  const deliveries = await deliveriesOf(origin, event, ({ id }, body) => idOf(source, id, body), now);
  // What was written before was also started before, or is by the sweep.
  for (const delivery of deliveries) if (await write(delivery, now)) await startDelivery(delivery);
}
