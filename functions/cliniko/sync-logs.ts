import * as z from 'zod';
import { queryAll } from '../../core/dynamo/query-all.ts';
import { serve } from '../../core/http/serve.ts';
import { cliniko } from './api.ts';
import { logsOf } from './keys.ts';
import { type Organization, organizationNotFound, organizationOf } from './organization.ts';
import { SyncLog, syncLogToReply } from './sync/sync-log.ts';
import { readSnapshot } from './sync/sync-store.ts';

/** Logs of one Query: up to `limit`, and at most 1 MB (DynamoDB's limit for a page). */
async function someLogs(
  organization: Organization,
  order: { newestFirst: boolean; limit: number },
): Promise<SyncLog[]> {
  const { value } = await queryAll('operations', { ...logsOf(organization), ...order }).next();
  return z.array(SyncLog).parse(value ?? []);
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
  for await (const page of queryAll('operations', { ...logsOf(organization), newestFirst: true })) {
    const chosen = z.array(SyncLog).parse(page).filter(isChosen);
    logs.push(...chosen.slice(0, limit - logs.length));
    total += chosen.length;
  }
  return { logs, total };
}

export const handler = serve(cliniko.syncLogs, async ({ params: { orgId }, query, caller }) => {
  const organization = organizationOf(caller, orgId);
  if (!(await readSnapshot(organization))) throw organizationNotFound(orgId);
  const { limit, status, operation_type: operation } = query;
  const isChosen = (log: SyncLog) =>
    (!status || log.status === status) && (!operation || log.operation === operation);
  const { logs, total } =
    status || operation
      ? await chosenLogs(organization, limit, isChosen)
      : await newestLogs(organization, limit);
  return { logs: logs.map(syncLogToReply), total_count: total, has_more: total > logs.length };
});
