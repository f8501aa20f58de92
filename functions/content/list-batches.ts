import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { summaryOf } from './batch/view.ts';
import { contentEngine, isCreator, listOf } from './store.ts';

export const handler = serve(content.listBatches, async ({ params: { creator }, query, caller }) => {
  const { limit, skip } = query;
  const { batches, total } = await contentEngine().list(listOf(creator), { limit, skip });
  return {
    creator,
    batches: batches.map((batch) => summaryOf(batch, isCreator(caller, { tenant: batch.tenant, creator }))),
    ...{ total, limit, skip },
    page: Math.floor(skip / limit) + 1,
    totalPages: Math.ceil(total / limit),
  };
});
