import type { Kind, PlacedOperation, Planned } from '../../../core/batch/kind.ts';
import type { Batch } from '../../../core/batch/record.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { ContentRecord } from '../content.ts';
import { contentKey, type Done, type Failure, NOT_OWNED, owned, STUCK, type Target } from './operation.ts';

/** What becomes of one content that belongs to whoever opened the batch. Pure. */
type Plan = (
  content: ContentRecord,
  operation: PlacedOperation<Target>,
  batch: Batch,
  now: number,
) => Planned<Done, Failure>;

/** A kind of batch that looks at each of its contents by itself; another's content is an error of its operation. */
export const contentKind = (
  plan: Plan,
  carryOut?: Kind<Target, Done, Failure>['carryOut'],
): Kind<Target, Done, Failure> => ({
  table: () => tableName('content'),
  reads: (operations) => operations.map(({ data }) => contentKey(data.contentId)),
  plan: (operations, found, batch, now) =>
    operations.map((operation) => {
      const content = owned(found.get(contentKey(operation.data.contentId)), batch);
      return content ? plan(content, operation, batch, now) : { error: NOT_OWNED };
    }),
  stuck: STUCK,
  ...(carryOut ? { carryOut } : {}),
});
