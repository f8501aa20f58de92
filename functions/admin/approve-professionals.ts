import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { applyBulk } from './batch/apply.ts';
import { bulkReply } from './batch/bulk-reply.ts';
import { approvalOf } from './records/professional.ts';
import type { User } from './records/user.ts';

export const handler = serve(admin.approveProfessionals, async ({ body, caller, clock, answer }) => {
  const { user_ids: ids, ...data } = body;
  const request = { type: 'professional_approval', tenant: caller.tenantId, ids, data } as const;
  return await applyBulk(request, clock.now(), answer, (verdicts) =>
    bulkReply(
      verdicts.map((verdict, place) => {
        const user_id = ids[place] ?? 0;
        if ('error' in verdict) return { user_id, success: false, error: verdict.error };
        const user = verdict.record as User;
        return { user_id, username: user.username, success: true, ...approvalOf(user) };
      }),
    ),
  );
});
