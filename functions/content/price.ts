import type { Kind } from '../../core/batch/kind.ts';
import { send } from '../../core/queue.ts';
import { tableName } from '../../core/table.ts';
import { waitingJob } from './chain-items.ts';
import {
  contentKey,
  type Done,
  type Failure,
  NOT_OWNED,
  owned,
  REMOVED,
  STUCK,
  type Target,
} from './operation.ts';

/** The group of the messages that wake the driver of the chain: there is one signer for all tenants. */
export const CHAIN_GROUP = 'chain';

/**
 * Sets a price on the chain. The database's price is not touched here: it follows what the chain confirms, which the driver of the
 * chain records together with how the item ended.
 */
export const price: Kind<Target, Done, Failure> = {
  table: () => tableName('content'),
  reads: (operations) => operations.map(({ data }) => contentKey(data.contentId)),
  plan: (operations, found, batch, now) =>
    operations.map(({ chunk, index, data: { contentId } }) => {
      const content = owned(found.get(contentKey(contentId)), batch);
      if (!content) return { error: NOT_OWNED };
      if (content.isRemoved) return { error: REMOVED };
      const newPrice = Number(batch.details.newPrice);
      const Item = waitingJob({ batch: batch.id, chunk, index, contentId, price: newPrice }, now);
      const ConditionExpression = 'attribute_not_exists(pk)';
      return {
        waiting: true,
        actions: [{ Put: { TableName: tableName('content'), Item, ConditionExpression } }],
      };
    }),
  stuck: STUCK,
  carryOut: () => send('contentChain', CHAIN_GROUP, { version: 1 }),
};
