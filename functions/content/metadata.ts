import type { Kind } from '../../core/batch/kind.ts';
import { timestamp } from '../../core/clock.ts';
import { tableName } from '../../core/table.ts';
import { allowedFields, type Updates } from './content.ts';
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

/** Changes the same fields of every content of a batch. */
export const metadata: Kind<Target, Done, Failure> = {
  table: () => tableName('content'),
  reads: (operations) => operations.map(({ data }) => contentKey(data.contentId)),
  plan: (operations, found, batch, now) =>
    operations.map(({ data: { contentId } }) => {
      const content = owned(found.get(contentKey(contentId)), batch);
      if (!content) return { error: NOT_OWNED };
      if (content.isRemoved) return { error: REMOVED };
      const updates = batch.details.updates as Updates;
      // Field names come from the list of allowed ones, never from a request.
      const fields = allowedFields.filter((field) => field in updates);
      const Update = {
        TableName: tableName('content'),
        Key: contentKey(contentId),
        UpdateExpression: `SET ${fields.map((field) => `#${field} = :${field}`).join(', ')}, updatedAt = :now, version = :next`,
        ConditionExpression: 'version = :version',
        ExpressionAttributeNames: Object.fromEntries(fields.map((field) => [`#${field}`, field])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(fields.map((field) => [`:${field}`, updates[field as keyof Updates]])),
          ':now': timestamp(now),
          ':version': content.version,
          ':next': content.version + 1,
        },
      };
      return { result: { message: 'Metadata updated successfully' }, actions: [{ Update }] };
    }),
  stuck: STUCK,
};
