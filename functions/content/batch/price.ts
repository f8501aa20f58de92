import { tableName } from '../../../core/dynamo/tables.ts';
import { present } from '../../../core/invariant.ts';
import { waitingJobItem } from '../chain/items.ts';
import { wakeDriver } from '../chain/wake.ts';
import { contentKind } from './kind.ts';
import { alreadyRemoved, detailsOf } from './operation.ts';

/**
 * Claims the setting of a price on the chain by queueing a job for the driver. The stored price is not
 * changed here: the driver records it together with the operation's outcome, once the chain has confirmed it.
 */
export const price = contentKind(
  (content, { chunk, index, data: { contentId } }, batch, now) => {
    if (content.isRemoved) return { error: alreadyRemoved };
    const newPrice = present(detailsOf(batch).newPrice, 'a price batch has a price');
    const Item = waitingJobItem({ batch: batch.id, chunk, index, contentId, price: newPrice }, now);
    const ConditionExpression = 'attribute_not_exists(pk)';
    return {
      waiting: true,
      actions: [{ Put: { TableName: tableName('content'), Item, ConditionExpression } }],
    };
  },
  () => wakeDriver(),
);
