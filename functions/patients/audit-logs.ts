import { cursor as cursorOf } from '../../core/cursor.ts';
import { serve } from '../../core/serve.ts';
import { patients } from './api.ts';
import { logPage } from './audit-log.ts';
import { patientLedger } from './store.ts';

export const handler = serve(patients.auditLogs, async ({ query, caller }) => {
  const { limit, cursor, resource_id: resource, action, tenant_id } = query;
  const tenant = (caller.role === 'super_admin' ? tenant_id : undefined) ?? caller.tenantId;
  const [batch, position] = cursor ?? [];
  const place = typeof batch === 'string' && typeof position === 'number' ? { batch, position } : undefined;
  const { logs, next } = await logPage((question) => patientLedger().history(tenant, question), {
    limit,
    place,
    resource: resource ?? undefined,
    action: action ?? undefined,
  });
  return { logs, next_cursor: next ? cursorOf(next.batch, next.position) : null };
});
