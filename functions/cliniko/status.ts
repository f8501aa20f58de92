import { serve } from '../../core/serve.ts';
import { cliniko } from './api.ts';
import { logsOf } from './keys.ts';
import { organizationNotFound, organizationOf } from './organization.ts';
import { findSettings } from './settings.ts';
import { summaryOf } from './summary.ts';
import type { SyncLog } from './sync-log.ts';
import { queryAll } from './sync-store.ts';

export const handler = serve(cliniko.status, async ({ params: { orgId }, caller, clock }) => {
  const organization = organizationOf(caller, orgId);
  if (!(await findSettings(organization))) throw organizationNotFound(orgId);
  const latest = await queryAll('operations', {
    ...logsOf(organization),
    newestFirst: true,
    limit: 1,
  }).next();
  const [log] = (latest.value ?? []) as unknown as SyncLog[];
  return summaryOf(log, clock.now());
});
