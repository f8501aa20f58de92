import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { applyBulk } from './batch/apply.ts';
import { bulkReply } from './batch/reply.ts';

export const handler = serve(admin.updateServices, async ({ body, caller, clock, answer }) => {
  const { service_ids: ids, ...data } = body;
  const request = { type: 'service_update', tenant: caller.tenantId, ids, data } as const;
  return await applyBulk(request, clock.now(), answer, (outcomes) =>
    bulkReply(
      outcomes.map((outcome) => {
        if ('error' in outcome) return { service_id: outcome.id, success: false, error: outcome.error };
        const { name, provider, is_active } = outcome.record;
        return { service_id: outcome.id, name, provider: provider.username, success: true, is_active };
      }),
    ),
  );
});
