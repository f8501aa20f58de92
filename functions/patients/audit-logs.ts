import { cursor as cursorOf } from '../../core/http/cursor.ts';
import { serve } from '../../core/http/serve.ts';
import { patients } from './api.ts';
import { eventHistory, mergedHistory, patientHistory } from './audit-history.ts';
import { logPage } from './audit-log.ts';
import { patientLedger } from './store.ts';

export const handler = serve(patients.auditLogs, async ({ query, caller }) => {
  const { limit, cursor, resource_id: resource, action, tenant_id } = query;
  const tenant = (caller.role === 'super_admin' ? tenant_id : undefined) ?? caller.tenantId;
  const place = cursor && { txId: cursor[0], position: cursor[1] };
  const ofPatients = patientHistory((question) => patientLedger().history(tenant, question));
  const history = mergedHistory([ofPatients, eventHistory(tenant)]);
  const { logs, next } = await logPage(history, { limit, place, resource, action });
  return { logs, next_cursor: next ? cursorOf(next.txId, next.position) : null };
});
