import { WithHeaders } from '../../core/http/reply.ts';
import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import {
  adminEngine,
  batchesOfUser,
  batchIdOf,
  estimatedSeconds,
  nextNumber,
  pollAfterSeconds,
} from './batch/batch.ts';

export const handler = serve(admin.submit, async ({ body, caller, answer, link }) => {
  const number = await nextNumber(caller.tenantId);
  const statusPath = `/api/v1/admin/async/status/${number}/`;
  const reply = new WithHeaders(
    {
      batch_id: number,
      status: 'pending' as const,
      message: 'Batch operation submitted for processing',
      poll_url: link(statusPath),
      total_operations: body.operations.length,
      estimated_duration_seconds: estimatedSeconds(body.operations.length),
    },
    { Location: statusPath, 'Retry-After': pollAfterSeconds },
  );
  await adminEngine().open({
    ...{ id: batchIdOf(caller.tenantId, number), kind: body.operation_type },
    ...{ tenant: caller.tenantId, user: caller.userId, lists: [batchesOfUser(caller)] },
    operations: body.operations.map(({ resource_id, data }) => ({
      data: { id: resource_id, data },
      subject: String(resource_id),
    })),
    details: { notify: body.notify_on_completion },
    answer: await answer(undefined, reply),
  });
  return reply;
});
