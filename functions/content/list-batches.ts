import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { contentBatchToReply } from './batch/view.ts';
import { batchesOfCreator, contentEngine, isCreator } from './store.ts';

export const handler = serve(content.listBatches, async ({ params: { creator }, query, caller }) => {
  const { limit, skip } = query;
  const { batches, total } = await contentEngine().list(batchesOfCreator(creator), { limit, skip });
  return {
    creator,
    batches: batches.map((batch) =>
      contentBatchToReply(batch, isCreator(caller, { tenant: batch.tenant, creator })),
    ),
    ...{ total, limit, skip },
    page: Math.floor(skip / limit) + 1,
    totalPages: Math.ceil(total / limit),
  };
});
