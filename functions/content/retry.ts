import { isOver } from '../../core/batch/record.ts';
import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { detailsOf, operationTypeOf } from './batch/operation.ts';
import { retryableIdsOf } from './batch/view.ts';
import { contentEngine, isCreator, openBatch, readBatch } from './store.ts';

export const handler = serve(content.retry, async ({ params, caller, answer }) => {
  const batch = await readBatch(params.batchId);
  const { creator, ...details } = detailsOf(batch);
  // For all others it does not exist: a batch may be read by all, but retried by its creator only.
  if (!isCreator(caller, { tenant: batch.tenant, creator }))
    throw new Problem('not_found', 'Batch operation not found');
  if (!isOver(batch)) throw new Problem('invalid', 'Batch operation has not ended yet');
  const contentIds = retryableIdsOf(await contentEngine().entries(batch.id));
  if (contentIds.length === 0) throw new Problem('invalid', 'Batch operation has no failed items');
  const kind = operationTypeOf(batch);
  return await openBatch({ kind, creator, contentIds, details }, caller, answer);
});
