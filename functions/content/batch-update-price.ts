import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { openBatch } from './store.ts';

export const handler = serve(content.batchUpdatePrice, async ({ body, caller, answer }) => {
  const { creator, contentIds, newPrice } = body;
  return await openBatch(
    { kind: 'update-price', creator, contentIds, details: { newPrice } },
    caller,
    answer,
  );
});
