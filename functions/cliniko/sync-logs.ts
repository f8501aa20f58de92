import { dynamo } from '../../core/dynamo/dynamo.ts';
import { queryAll, queryFirst } from '../../core/dynamo/query-all.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { serve } from '../../core/http/serve.ts';
import { cliniko } from './api.ts';
import { logsOf } from './keys.ts';
import { type Organization, organizationNotFound, organizationOf } from './organization.ts';
import { SyncLog, syncLogToReply } from './sync/sync-log.ts';
import { readSnapshot, withCounts } from './sync/sync-store.ts';

/** Logs of one Query: up to `limit`, and at most 1 MB (DynamoDB's limit for a page). */
async function someLogs(
  organization: Organization,
  { newestFirst, limit }: { newestFirst: boolean; limit: number },
): Promise<SyncLog[]> {
  const query = { table: tableName('operations'), range: logsOf(organization), newestFirst };
  return (await queryFirst(dynamo(), query, limit)).map((item) => SyncLog.parse(item));
}

/** The newest logs and the number of all: they are numbered consecutively, and the oldest expire first. */
async function newestLogs(organization: Organization, limit: number) {
  const [logs, [oldest]] = await Promise.all([
    someLogs(organization, { newestFirst: true, limit }),
    someLogs(organization, { newestFirst: false, limit: 1 }),
  ]);
  const [newest] = logs;
  return { logs, total: newest && oldest ? newest.nth - oldest.nth + 1 : 0 };
}

/** The newest logs that match a filter and the number of all that match. Reads every log. */
async function chosenLogs(organization: Organization, limit: number, isChosen: (log: SyncLog) => boolean) {
  const logs: SyncLog[] = [];
  let total = 0;
  const query = { table: tableName('operations'), range: logsOf(organization), newestFirst: true };
  for await (const item of queryAll(dynamo(), query)) {
    const log = SyncLog.parse(item);
    if (!isChosen(log)) continue;
    if (logs.length < limit) logs.push(log);
    total += 1;
  }
  return { logs, total };
}

export const handler = serve(cliniko.syncLogs, async ({ params: { orgId }, query, caller }) => {
  const organization = organizationOf(caller, orgId);
  const snapshot = await readSnapshot(organization);
  if (!snapshot) throw organizationNotFound(orgId);
  const { limit, status, operation_type: operation } = query;
  const isChosen = (log: SyncLog) =>
    (!status || log.status === status) && (!operation || log.operation === operation);
  const { logs, total } =
    status || operation
      ? await chosenLogs(organization, limit, isChosen)
      : await newestLogs(organization, limit);
  const counted = logs.map((log) => withCounts(log, snapshot.state));
  return { logs: counted.map(syncLogToReply), total_count: total, has_more: total > logs.length };
});
