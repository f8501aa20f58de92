import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { adminEngine, readOwn } from './batch/batch.ts';

export const handler = serve(admin.cancel, async ({ params, caller }) => {
  const { id } = await readOwn(caller, params.batch_id);
  const { batch } = (await adminEngine().cancel(id)) ?? {};
  // A repeated cancel, after a lost answer, gets the same answer.
  if (batch?.status !== 'canceled')
    throw new Problem('invalid', 'Batch operation has already ended', { details: { code: 'CANNOT_CANCEL' } });
  return {
    success: true,
    message: 'Batch operation canceled',
    batch_id: Number(params.batch_id),
    completed_operations: batch.succeeded,
    canceled_operations: batch.canceled,
  };
});
