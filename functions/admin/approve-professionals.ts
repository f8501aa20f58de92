import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { applyBulk } from './batch/apply.ts';
import { bulkReply } from './batch/reply.ts';
import { approvalOf } from './records/professional.ts';

export const handler = serve(admin.approveProfessionals, async ({ body, caller, clock, answer }) => {
  const { user_ids: ids, ...data } = body;
  const request = { type: 'professional_approval', tenant: caller.tenantId, ids, data } as const;
  return await applyBulk(request, clock.now(), answer, (outcomes) =>
    bulkReply(
      outcomes.map((outcome) => {
        if ('error' in outcome) return { user_id: outcome.id, success: false, error: outcome.error };
        const { username } = outcome.record;
        return { user_id: outcome.id, username, success: true, ...approvalOf(outcome.record) };
      }),
    ),
  );
});
