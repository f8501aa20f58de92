import { cursor as cursorOf } from '../../core/http/cursor.ts';
import { serve } from '../../core/http/serve.ts';
import { patients } from './api.ts';
import { logPage } from './audit-log.ts';
import { patientLedger } from './store.ts';

export const handler = serve(patients.auditLogs, async ({ query, caller }) => {
  const { limit, cursor, resource_id: resource, action, tenant_id } = query;
  const tenant = (caller.role === 'super_admin' ? tenant_id : undefined) ?? caller.tenantId;
  const place = cursor && { txId: cursor[0], position: cursor[1] };
  const { logs, next } = await logPage((question) => patientLedger().history(tenant, question), {
    limit,
    place,
    resource,
    action,
  });
  return { logs, next_cursor: next ? cursorOf(next.txId, next.position) : null };
});
