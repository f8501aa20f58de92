import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { timestamp } from '../../../core/clock.ts';
import { documents, tableName } from '../../../core/dynamo/tables.ts';
import { describe, log } from '../../../core/log.ts';
import { intervalOf } from '../account/schedule.ts';
import { findSettings, replaceSettings } from '../account/settings.ts';
import { duePartition } from '../keys.ts';
import type { Organization } from '../organization.ts';
import { startSync } from './start-sync.ts';

/** The next instant after `now` in the rhythm of a schedule; those that were slept through are left out. */
export function nextDue(due: number, interval: number, now: number): number {
  const missed = Math.max(0, Math.floor((now - due) / interval));
  return due + (missed + 1) * interval;
}

/** Starts one organisation's sync and sets when the next is due. In this order: a crash between them starts nothing twice at once. */
async function startDue(organization: Organization, now: number): Promise<void> {
  const settings = await findSettings(organization);
  const interval = settings?.schedule ? intervalOf(settings.schedule) : undefined;
  if (!settings?.due_at || !interval || Date.parse(settings.due_at) > now) return;
  const start = await startSync(organization, 'incremental_patients', undefined, now);
  log('info', 'a sync was due', { start: start.kind });
  const due_at = timestamp(nextDue(Date.parse(settings.due_at), interval, now));
  await replaceSettings(organization, settings, { ...settings, due_at });
}

/** Organisations of one sweep at most: the rest is due a minute later. */
const dueSyncsPerSweepMax = 200;

/** Starts the syncs whose schedule has come. */
export async function startDueSyncs(now: number): Promise<void> {
  const { Items = [] } = await documents().send(
    new QueryCommand({
      TableName: tableName('cliniko'),
      KeyConditionExpression: 'pk = :due AND sk <= :now',
      ExpressionAttributeValues: { ':due': duePartition, ':now': timestamp(now) },
      ConsistentRead: true,
      Limit: dueSyncsPerSweepMax,
    }),
  );
  for (const { tenant, orgId } of Items) {
    await startDue({ tenant: String(tenant), orgId: String(orgId) }, now).catch((error: unknown) =>
      log('error', 'a sync that was due could not be started', describe(error)),
    );
  }
}
