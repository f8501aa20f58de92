import { dynamo } from '../../core/dynamo/dynamo.ts';
import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { smsEndpoints } from './sms/api.ts';
import { smsEngine } from './sms/engine.ts';
import { readProgress } from './sms/progress.ts';
import { cancelBatch } from './sms/release.ts';
import { readSmsBatch } from './sms/store.ts';

export const handler = serve(smsEndpoints.cancelBatch, async ({ params, caller }) => {
  const found = await readSmsBatch(caller.tenantId, params.id);
  const { canceled, batch } = await cancelBatch({ store: dynamo(), engine: smsEngine() }, found);
  const { view } = await readProgress(batch);
  if (!canceled)
    throw new Problem('conflict', 'Batch has ended already', { details: { status: view.status } });
  return { success: true, message: `Cancelled ${view.canceled} messages`, batch_id: batch.id, ...view };
});
