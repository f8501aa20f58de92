import { assertVersion } from '../../core/dynamo/version.ts';
import { everyItem, type Verifier } from '../../core/verify/verifier.ts';
import { Delivery, deliveriesPartition } from '../../core/webhook/delivery.ts';
import { Webhook } from '../../core/webhook/webhook.ts';

const table = 'webhooks';

/** Of webhooks and the messages to them. A message may outlive its webhook: its next attempt ends it. */
export const webhookVerifiers: Verifier[] = [
  everyItem(table, 'TENANT#', (item) =>
    String(item.sk).startsWith('WEBHOOK#')
      ? Webhook.parse(item)
      : assertVersion(item, 'counter of registrations'),
  ),
  everyItem(table, deliveriesPartition, (item) => Delivery.parse(item)),
  everyItem(table, 'TOLD#', (item) => assertVersion(item, 'mark of a message')),
];
