import { serve } from '../../core/http/serve.ts';
import { content } from './api.ts';
import { openBatch } from './store.ts';

/** The reason if the creator gives none. */
const defaultRemovalReason = 'Batch removal by creator';

export const handler = serve(content.batchRemove, async ({ body, caller, answer }) => {
  const { creator, contentIds } = body;
  const removalReason = body.removalReason || defaultRemovalReason;
  return await openBatch(
    { kind: 'remove-content', creator, contentIds, details: { removalReason } },
    caller,
    answer,
  );
});
