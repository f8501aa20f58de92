import { timestamp } from '../../../core/clock.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { present } from '../../../core/invariant.ts';
import { allowedFields } from '../content.ts';
import { contentKind } from './kind.ts';
import { alreadyRemoved, contentKey, detailsOf } from './operation.ts';

/** Sets the same fields of every content of a batch. */
export const metadata = contentKind((content, { data: { contentId } }, batch, now) => {
  if (content.isRemoved) return { error: alreadyRemoved };
  const updates = present(detailsOf(batch).updates, 'a metadata batch has updates');
  // Field names come from the allow-list, never from a request.
  const fields = allowedFields.filter((field) => field in updates);
  const Update = {
    TableName: tableName('content'),
    Key: contentKey(contentId),
    UpdateExpression: `SET ${fields.map((field) => `#${field} = :${field}`).join(', ')}, updatedAt = :now, version = :next`,
    ConditionExpression: 'version = :version',
    ExpressionAttributeNames: Object.fromEntries(fields.map((field) => [`#${field}`, field])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(fields.map((field) => [`:${field}`, updates[field]])),
      ':now': timestamp(now),
      ':version': content.version,
      ':next': content.version + 1,
    },
  };
  return { result: { message: 'Metadata updated successfully' }, actions: [{ Update }] };
});
