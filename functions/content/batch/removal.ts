import { timestamp } from '../../../core/clock.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { contentKind } from './content-kind.ts';
import { contentKey, type Done } from './operation.ts';

const REMOVED: Done = { message: 'Content removed successfully' };

/** Removes content: it stays, marked, with the reason. What is removed already stays as it is. */
export const removal = contentKind((content, { data: { contentId } }, batch, now) => {
  if (content.isRemoved) return { result: REMOVED };
  const Update = {
    TableName: tableName('content'),
    Key: contentKey(contentId),
    UpdateExpression: 'SET isRemoved = :yes, removalReason = :reason, updatedAt = :now, version = :next',
    ConditionExpression: 'version = :version',
    ExpressionAttributeValues: {
      ':yes': true,
      ':reason': batch.details.removalReason,
      ':now': timestamp(now),
      ':version': content.version,
      ':next': content.version + 1,
    },
  };
  return { result: REMOVED, actions: [{ Update }] };
});
