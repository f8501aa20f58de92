import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { openBatch } from './store.ts';

/** The reason where a creator gives none. */
const NO_REASON = 'Batch removal by creator';

export const handler = serve(content.batchRemove, async ({ body, caller, answer }) => {
  const { creator, contentIds } = body;
  const removalReason = body.removalReason || NO_REASON;
  return await openBatch(
    { kind: 'remove-content', creator, contentIds, details: { removalReason } },
    caller,
    answer,
  );
});
