import { hasEnded } from '../../core/batch/record.ts';
import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { detailsOf } from './batch/operation.ts';
import { contentBatchToReply, contentEntriesToReply, withRetryAfter } from './batch/view.ts';
import { contentEngine, isCreator, readBatch, readConfirming } from './store.ts';

export const handler = serve(content.getBatch, async ({ params, caller }) => {
  const batch = await readBatch(params.batchId);
  const entries = await contentEngine().entries(batch.id);
  const confirming = hasEnded(batch) ? [] : await readConfirming(batch.id);
  const toCreator = isCreator(caller, { tenant: batch.tenant, creator: detailsOf(batch).creator });
  return withRetryAfter(batch, {
    ...contentBatchToReply(batch, toCreator),
    results: contentEntriesToReply(entries, toCreator),
    ...(confirming.length > 0 ? { confirming } : {}),
  });
});
