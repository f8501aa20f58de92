import { dynamo } from '../../core/dynamo/dynamo.ts';
import { queryFirst } from '../../core/dynamo/query-all.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { serve } from '../../core/http/serve.ts';
import { cliniko } from './api.ts';
import { logsOf } from './keys.ts';
import { organizationNotFound, organizationOf } from './organization.ts';
import { syncLogToStatus } from './sync/summary.ts';
import { SyncLog } from './sync/sync-log.ts';
import { currentHoldings } from './sync/sync-state.ts';
import { readSnapshot, withCounts } from './sync/sync-store.ts';

export const handler = serve(cliniko.status, async ({ params: { orgId }, caller, clock }) => {
  const organization = organizationOf(caller, orgId);
  const snapshot = await readSnapshot(organization);
  if (!snapshot) throw organizationNotFound(orgId);
  const query = { table: tableName('operations'), range: logsOf(organization), newestFirst: true };
  const [log] = (await queryFirst(dynamo(), query, 1)).map((item) =>
    withCounts(SyncLog.parse(item), snapshot.state),
  );
  const { active, archived } = currentHoldings(snapshot.state);
  return syncLogToStatus(log, active + archived, clock.now());
});
