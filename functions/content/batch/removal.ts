import { timestamp } from '../../../core/clock.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { present } from '../../../core/invariant.ts';
import { contentKind } from './kind.ts';
import { type ContentDone, contentKey, detailsOf } from './operation.ts';

const removed: ContentDone = { message: 'Content removed successfully' };

/**
 * Marks content as removed, with the reason (a tombstone: the item is kept). Idempotent: removed content is
 * left unchanged.
 */
export const removal = contentKind((content, { data: { contentId } }, batch, now) => {
  if (content.isRemoved) return { result: removed };
  const Update = {
    TableName: tableName('content'),
    Key: contentKey(contentId),
    UpdateExpression: 'SET isRemoved = :yes, removalReason = :reason, updatedAt = :now, version = :next',
    ConditionExpression: 'version = :version',
    ExpressionAttributeValues: {
      ':yes': true,
      ':reason': present(detailsOf(batch).removalReason, 'a removal has a reason'),
      ':now': timestamp(now),
      ':version': content.version,
      ':next': content.version + 1,
    },
  };
  return { result: removed, actions: [{ Update }] };
});
