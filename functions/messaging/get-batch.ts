import { serve } from '../../core/http/serve.ts';
import { smsEndpoints } from './sms/api.ts';
import { readProgress } from './sms/progress.ts';
import { readSmsBatch } from './sms/store.ts';
import { withRetryAfter } from './sms/view.ts';

export const handler = serve(smsEndpoints.getBatch, async ({ params, caller }) => {
  const batch = await readSmsBatch(caller.tenantId, params.id);
  const { progress, view } = await readProgress(batch);
  return withRetryAfter(progress, batch.state, { success: true, batch_id: batch.id, ...view });
});
