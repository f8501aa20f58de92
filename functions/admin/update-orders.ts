import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { applyBulk } from './batch/apply.ts';
import { bulkReply } from './batch/reply.ts';

export const handler = serve(admin.updateOrders, async ({ body, caller, clock, answer }) => {
  const { order_ids: ids, ...data } = body;
  const request = { type: 'order_update', tenant: caller.tenantId, ids, data } as const;
  return await applyBulk(request, clock.now(), answer, (outcomes) =>
    bulkReply(
      outcomes.map((outcome) => {
        if ('error' in outcome) return { order_id: outcome.id, success: false, error: outcome.error };
        const { status, customer } = outcome.record;
        return { order_id: outcome.id, success: true, status, customer: customer.username };
      }),
    ),
  );
});
