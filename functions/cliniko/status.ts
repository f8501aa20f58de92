import * as z from 'zod';
import { queryAll } from '../../core/dynamo/query-all.ts';
import { serve } from '../../core/http/serve.ts';
import { cliniko } from './api.ts';
import { logsOf } from './keys.ts';
import { organizationNotFound, organizationOf } from './organization.ts';
import { syncLogToStatus } from './sync/summary.ts';
import { SyncLog } from './sync/sync-log.ts';
import { currentHoldings } from './sync/sync-state.ts';
import { readSnapshot } from './sync/sync-store.ts';

export const handler = serve(cliniko.status, async ({ params: { orgId }, caller, clock }) => {
  const organization = organizationOf(caller, orgId);
  const snapshot = await readSnapshot(organization);
  if (!snapshot) throw organizationNotFound(orgId);
  const latest = await queryAll('operations', {
    ...logsOf(organization),
    newestFirst: true,
    limit: 1,
  }).next();
  const [log] = z.array(SyncLog).parse(latest.value ?? []);
  const { active, archived } = currentHoldings(snapshot.state);
  return syncLogToStatus(log, active + archived, clock.now());
});
