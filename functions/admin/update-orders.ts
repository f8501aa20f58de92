import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { applyBulk } from './batch/apply.ts';
import { bulkReply } from './batch/bulk-reply.ts';
import type { Order } from './records/order.ts';

export const handler = serve(admin.updateOrders, async ({ body, caller, clock, answer }) => {
  const { order_ids: ids, ...data } = body;
  const request = { type: 'order_update', tenant: caller.tenantId, ids, data } as const;
  return await applyBulk(request, clock.now(), answer, (verdicts) =>
    bulkReply(
      verdicts.map((verdict, place) => {
        const order_id = ids[place] ?? 0;
        if ('error' in verdict) return { order_id, success: false, error: verdict.error };
        const { status, customer } = verdict.record as Order;
        return { order_id, success: true, status, customer: customer.username };
      }),
    ),
  );
});
