import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { openBatch } from './store.ts';

export const handler = serve(content.batchUpdateMetadata, async ({ body, caller, answer }) => {
  const { creator, contentIds, updates } = body;
  return await openBatch(
    { kind: 'update-metadata', creator, contentIds, details: { updates } },
    caller,
    answer,
  );
});
