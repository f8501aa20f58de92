import { serve } from '../../core/serve.ts';
import { cliniko } from './api.ts';
import { logsOf } from './keys.ts';
import { organizationNotFound, organizationOf } from './organization.ts';
import { type SyncLog, told } from './sync-log.ts';
import { queryAll, readSnapshot } from './sync-store.ts';

export const handler = serve(cliniko.syncLogs, async ({ params: { orgId }, query, caller }) => {
  const organization = organizationOf(caller, orgId);
  const snapshot = await readSnapshot(organization);
  if (!snapshot) throw organizationNotFound(orgId);
  const { limit, status, operation_type: operation } = query;
  const isAsked = (log: SyncLog) =>
    (!status || log.status === status) && (!operation || log.operation === operation);
  const isFiltered = status !== undefined || operation !== undefined;
  const logs: SyncLog[] = [];
  const pageSize = isFiltered ? undefined : limit;
  for await (const page of queryAll('operations', {
    ...logsOf(organization),
    newestFirst: true,
    limit: pageSize,
  })) {
    logs.push(...(page as unknown as SyncLog[]).filter(isAsked));
    // How many there are in all is known, unless they must be looked at one by one.
    if (!isFiltered) break;
  }
  const total = isFiltered ? logs.length : Math.max(snapshot.state.logs, logs.length);
  const shown = logs.slice(0, limit);
  return { logs: shown.map(told), total_count: total, has_more: total > shown.length };
});
