import { header } from '../../core/http/request.ts';
import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { adminBatchToReply, adminEngine, batchesOfUser } from './batch/batch.ts';
import { languageOf } from './records/display.ts';

export const handler = serve(admin.listBatches, async ({ query, caller, clock, event }) => {
  const limit = Math.min(query.limit, 100);
  const { batches, total } = await adminEngine().list(batchesOfUser(caller), { limit, skip: query.offset });
  const language = languageOf(header(event, 'accept-language'));
  const hasMore = query.offset + limit < total;
  return {
    count: total,
    limit,
    offset: query.offset,
    has_more: hasMore,
    next_offset: hasMore ? query.offset + limit : null,
    results: batches.map((batch) => adminBatchToReply(batch, language, clock.now())),
  };
});
