import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { applyBulk } from './batch/apply.ts';
import { bulkReply } from './batch/bulk-reply.ts';
import type { Service } from './records/service.ts';

export const handler = serve(admin.updateServices, async ({ body, caller, clock, answer }) => {
  const { service_ids: ids, ...data } = body;
  const request = { type: 'service_update', tenant: caller.tenantId, ids, data } as const;
  return await applyBulk(request, clock.now(), answer, (verdicts) =>
    bulkReply(
      verdicts.map((verdict, place) => {
        const service_id = ids[place] ?? 0;
        if ('error' in verdict) return { service_id, success: false, error: verdict.error };
        const { name, provider, is_active } = verdict.record as Service;
        return { service_id, name, provider: provider.username, success: true, is_active };
      }),
    ),
  );
});
