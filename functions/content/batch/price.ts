import { tableName } from '../../../core/dynamo/tables.ts';
import { send } from '../../../core/queue.ts';
import { waitingJob } from '../chain/items.ts';
import { contentKind } from './content-kind.ts';
import { REMOVED } from './operation.ts';

/** The group of the messages that wake the driver of the chain: there is one signer for all tenants. */
export const CHAIN_GROUP = 'chain';

/**
 * Sets a price on the chain. The database's price is not touched here: it follows what the chain confirms, which the driver of the
 * chain records together with how the item ended.
 */
export const price = contentKind(
  (content, { chunk, index, data: { contentId } }, batch, now) => {
    if (content.isRemoved) return { error: REMOVED };
    const newPrice = Number(batch.details.newPrice);
    const Item = waitingJob({ batch: batch.id, chunk, index, contentId, price: newPrice }, now);
    const ConditionExpression = 'attribute_not_exists(pk)';
    return {
      waiting: true,
      actions: [{ Put: { TableName: tableName('content'), Item, ConditionExpression } }],
    };
  },
  () => send('contentChain', CHAIN_GROUP, { version: 1 }),
);
