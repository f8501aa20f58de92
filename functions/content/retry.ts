import { createHash } from 'node:crypto';
import { NotOpened } from '../../core/batch/open.ts';
import { isOver } from '../../core/batch/record.ts';
import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { detailsOf, operationTypeOf } from './batch/operation.ts';
import { acceptedReply, retryableIdsOf } from './batch/view.ts';
import { contentEngine, isCreator, openBatch, readBatch } from './store.ts';

/**
 * The id of the batch that retries another: always the same (a UUID of version 8, RFC 9562 §5.8), so that
 * calls at once, and later ones, find the one batch there is. What fails again is retried by retrying that
 * batch.
 */
function retryIdOf(batchId: string): string {
  const hex = createHash('sha256').update(`retry of ${batchId}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

export const handler = serve(content.retry, async ({ params, caller, answer }) => {
  const batch = await readBatch(params.batchId);
  const { creator, ...details } = detailsOf(batch);
  // For all others it does not exist: a batch may be read by all, but retried by its creator only.
  if (!isCreator(caller, { tenant: batch.tenant, creator }))
    throw new Problem('not_found', 'Batch operation not found');
  if (!isOver(batch)) throw new Problem('invalid', 'Batch operation has not ended yet');
  const contentIds = retryableIdsOf(await contentEngine().entries(batch.id));
  if (contentIds.length === 0) throw new Problem('invalid', 'Batch operation has no failed items');
  const id = retryIdOf(batch.id);
  const kind = operationTypeOf(batch);
  try {
    return await openBatch({ id, kind, creator, contentIds, details }, caller, answer);
  } catch (error) {
    const first = error instanceof NotOpened ? await contentEngine().read(id) : undefined;
    if (!first) throw error;
    return acceptedReply(kind, id, first.total);
  }
});
