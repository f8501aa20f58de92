import type { Kind, PlacedOperation, Planned } from '../../../core/batch/kind.ts';
import type { Batch } from '../../../core/batch/record.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { ContentRecord } from '../content.ts';
import {
  type ContentDone,
  type ContentFailure,
  type ContentTarget,
  changedByOthers,
  contentKey,
  notOwned,
  ownedContent,
} from './operation.ts';

/** Plans the operation on one content, which belongs to the batch's creator. Pure. */
type Plan = (
  content: ContentRecord,
  operation: PlacedOperation<ContentTarget>,
  batch: Batch,
  now: number,
) => Planned<ContentDone, ContentFailure>;

type ContentKind = Kind<ContentTarget, ContentDone, ContentFailure>;

/**
 * A kind of batch that plans each of its contents separately. Content of another creator is an error of its
 * operation.
 */
export const contentKind = (plan: Plan, runSideEffects?: ContentKind['runSideEffects']): ContentKind => ({
  table: () => tableName('content'),
  reads: (operations) => operations.map(({ data }) => contentKey(data.contentId)),
  plan: (operations, found, batch, now) =>
    operations.map((operation) => {
      const content = ownedContent(found.get(contentKey(operation.data.contentId)), batch);
      return content ? plan(content, operation, batch, now) : { error: notOwned };
    }),
  stuck: changedByOthers,
  ...(runSideEffects ? { runSideEffects } : {}),
});
