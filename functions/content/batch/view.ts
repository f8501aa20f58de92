import type { Entry } from '../../../core/batch/read.ts';
import { type Batch, hasEnded } from '../../../core/batch/record.ts';
import { WithHeaders } from '../../../core/http/reply.ts';
import {
  type ContentDone,
  type ContentFailure,
  type ContentOperationType,
  type ContentTarget,
  detailsOf,
  operationTypeOf,
} from './operation.ts';

/** The `Retry-After` of a batch that has not ended, in seconds. */
const pollAfterSeconds = '2';

const initiated: Record<ContentOperationType, string> = {
  'update-price': 'Batch price update initiated',
  'remove-content': 'Batch removal initiated',
  'update-metadata': 'Batch metadata update initiated',
};

/** The answer to a request that opened a batch: the batch's id, and where to poll it. */
export const acceptedReply = (kind: ContentOperationType, id: string, totalItems: number) =>
  new WithHeaders(
    { message: initiated[kind], batchId: id, status: 'pending' as const, totalItems },
    { Location: `/api/batches/${id}`, 'Retry-After': pollAfterSeconds },
  );

export const contentBatchStatuses = ['pending', 'processing', 'completed', 'failed'] as const;

/**
 * The batch's status in this API: `completed` for every end at which all items were processed, `failed` for
 * every other.
 */
function statusOf({ status, remaining }: Batch): (typeof contentBatchStatuses)[number] {
  if (status === 'pending' || status === 'processing') return status;
  return remaining === 0 ? 'completed' : 'failed';
}

/** The reply for a batch without its results. The reason of a removal is for the creator only. */
export const contentBatchToReply = (batch: Batch, toCreator: boolean) => ({
  _id: batch.id,
  creator: detailsOf(batch).creator,
  operationType: operationTypeOf(batch),
  status: statusOf(batch),
  totalItems: batch.total,
  successCount: batch.succeeded,
  failureCount: batch.failed,
  ...(toCreator ? { removalReason: detailsOf(batch).removalReason } : {}),
  createdAt: batch.createdAt,
  updatedAt: batch.progressAt,
});

/** The outcome of one item. */
interface ItemResult extends Partial<ContentDone>, Partial<ContentFailure> {
  contentId: string;
  success: boolean;
}

/**
 * The outcomes of the items that have ended, in the order of the request. The reason of a failure is for the
 * creator only.
 */
export function contentEntriesToReply(entries: Entry[], toCreator: boolean) {
  return entries.flatMap(({ data, outcome }): ItemResult[] => {
    const { contentId } = data as ContentTarget;
    if (!outcome || 'waiting' in outcome) return [];
    if ('result' in outcome) return [{ contentId, success: true, ...(outcome.result as ContentDone) }];
    return [{ contentId, success: false, ...(toCreator ? (outcome.error as ContentFailure) : {}) }];
  });
}

/**
 * The contents of a batch that a retry applies to: those that failed, and those that were never processed.
 */
export const retryableIdsOf = (entries: Entry[]): string[] =>
  entries.flatMap(({ data, outcome }) =>
    outcome && 'result' in outcome ? [] : [(data as ContentTarget).contentId],
  );

/** Adds `Retry-After` to the reply for a batch that has not ended. */
export const withRetryAfter = <T>(batch: Batch, reply: T): T | WithHeaders<T> =>
  hasEnded(batch) ? reply : new WithHeaders(reply, { 'Retry-After': pollAfterSeconds });
