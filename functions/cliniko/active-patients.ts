import { serve } from '../../core/http/serve.ts';
import { cliniko } from './api.ts';
import { organizationNotFound, organizationOf } from './organization.ts';
import { listPatients } from './patients/patient-list.ts';
import { readSnapshot } from './sync/sync-store.ts';

export const handler = serve(cliniko.activePatients, async ({ params: { orgId }, query, caller }) => {
  const snapshot = await readSnapshot(organizationOf(caller, orgId));
  if (!snapshot) throw organizationNotFound(orgId);
  const { limit, offset } = query;
  const { patients, total } = await listPatients(snapshot, query);
  const has_next = offset + patients.length < total && patients.length > 0;
  return { patients, pagination: { total, limit, offset, has_next } };
});
