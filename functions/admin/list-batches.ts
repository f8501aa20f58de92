import { header } from '../../core/http/request.ts';
import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { adminBatchToReply, adminEngine, batchesOfUser } from './batch/batch.ts';
import { languageOf } from './records/display.ts';

export const handler = serve(
  admin.listBatches,
  async ({ query: { limit, offset }, caller, clock, event }) => {
    const { batches, total } = await adminEngine().list(batchesOfUser(caller), { limit, skip: offset });
    const language = languageOf(header(event, 'accept-language'));
    const hasMore = offset + limit < total;
    return {
      count: total,
      limit,
      offset,
      has_more: hasMore,
      next_offset: hasMore ? offset + limit : null,
      results: batches.map((batch) => adminBatchToReply(batch, language, clock.now())),
    };
  },
);
