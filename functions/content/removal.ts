import type { Kind } from '../../core/batch/kind.ts';
import { timestamp } from '../../core/clock.ts';
import { tableName } from '../../core/table.ts';
import { contentKey, type Done, type Failure, NOT_OWNED, owned, STUCK, type Target } from './operation.ts';

const REMOVED: Done = { message: 'Content removed successfully' };

/** Removes content: it stays, marked, with the reason. What is removed already stays as it is. */
export const removal: Kind<Target, Done, Failure> = {
  table: () => tableName('content'),
  reads: (operations) => operations.map(({ data }) => contentKey(data.contentId)),
  plan: (operations, found, batch, now) =>
    operations.map(({ data: { contentId } }) => {
      const content = owned(found.get(contentKey(contentId)), batch);
      if (!content) return { error: NOT_OWNED };
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
    }),
  stuck: STUCK,
};
