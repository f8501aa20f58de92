import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { polled, resultsOf, summaryOf } from './batch/view.ts';
import { contentEngine, isCreator, readBatch } from './store.ts';

export const handler = serve(content.getBatch, async ({ params, caller }) => {
  const batch = await readBatch(params.batchId);
  const entries = await contentEngine().entries(batch.id);
  const toCreator = isCreator(caller, { tenant: batch.tenant, creator: batch.details.creator });
  return polled(batch, { ...summaryOf(batch, toCreator), results: resultsOf(entries, toCreator) });
});
