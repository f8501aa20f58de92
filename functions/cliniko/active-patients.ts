import { serve } from '../../core/serve.ts';
import { cliniko } from './api.ts';
import { organizationNotFound, organizationOf } from './organization.ts';
import { listPatients } from './patient-list.ts';
import { readSnapshot } from './sync-store.ts';

export const handler = serve(cliniko.activePatients, async ({ params: { orgId }, query, caller }) => {
  const organization = organizationOf(caller, orgId);
  const snapshot = await readSnapshot(organization);
  if (!snapshot) throw organizationNotFound(orgId);
  const { limit, offset } = query;
  const { patients, total } = await listPatients(organization, query, snapshot.state.active);
  const has_next = offset + patients.length < total && patients.length > 0;
  return { patients, pagination: { total, limit, offset, has_next } };
});
