import type { Entry } from '../../../core/batch/read.ts';
import { type Batch, hasEnded } from '../../../core/batch/record.ts';
import { WithHeaders } from '../../../core/http/reply.ts';
import type { Done, Failure, OperationType, Target } from './operation.ts';

/** Seconds after which it makes sense to look at a batch again. */
const LOOK_AGAIN = '2';

const initiated: Record<OperationType, string> = {
  'update-price': 'Batch price update initiated',
  'remove-content': 'Batch removal initiated',
  'update-metadata': 'Batch metadata update initiated',
};

/** The answer to a batch that was opened: what it is called and where to look. */
export const accepted = (kind: OperationType, id: string, totalItems: number) =>
  new WithHeaders(
    { message: initiated[kind], batchId: id, status: 'pending' as const, totalItems },
    { Location: `/api/batches/${id}`, 'Retry-After': LOOK_AGAIN },
  );

export const statuses = ['pending', 'processing', 'completed', 'failed'] as const;

/** This API has one word for every end at which all items were processed, and one for every other. */
function statusOf({ status, remaining }: Batch): (typeof statuses)[number] {
  if (status === 'pending' || status === 'processing') return status;
  return remaining === 0 ? 'completed' : 'failed';
}

/** A batch without its results. */
export const summaryOf = (batch: Batch, toCreator: boolean) => ({
  _id: batch.id,
  creator: String(batch.details.creator),
  operationType: batch.kind as OperationType,
  status: statusOf(batch),
  totalItems: batch.total,
  successCount: batch.succeeded,
  failureCount: batch.failed,
  ...(toCreator && batch.details.removalReason !== undefined
    ? { removalReason: String(batch.details.removalReason) }
    : {}),
  createdAt: batch.createdAt,
  updatedAt: batch.progressAt,
});

/** How one item ended. */
interface ItemResult extends Partial<Done>, Partial<Failure> {
  contentId: string;
  success: boolean;
}

/** How the items ended that have, in the order of the request. Why one failed is the creator's affair. */
export function resultsOf(entries: Entry[], toCreator: boolean) {
  return entries.flatMap(({ data, outcome }): ItemResult[] => {
    const { contentId } = data as Target;
    if (!outcome || 'waiting' in outcome) return [];
    if ('result' in outcome) return [{ contentId, success: true, ...(outcome.result as Done) }];
    return [{ contentId, success: false, ...(toCreator ? (outcome.error as Failure) : {}) }];
  });
}

/** The contents of a batch that are worth another try: those that failed, and those that were never looked at. */
export const failedOf = (entries: Entry[]): string[] =>
  entries.flatMap(({ data, outcome }) =>
    outcome && 'result' in outcome ? [] : [(data as Target).contentId],
  );

/** A reply about a batch; while it has not ended, with when to ask again. */
export const polled = <T>(batch: Batch, reply: T): T | WithHeaders<T> =>
  hasEnded(batch) ? reply : new WithHeaders(reply, { 'Retry-After': LOOK_AGAIN });
