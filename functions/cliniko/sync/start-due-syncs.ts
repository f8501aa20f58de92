import { timestamp } from '../../../core/clock.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { queryFirst } from '../../../core/dynamo/query-all.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { log } from '../../../core/log.ts';
import { sweepInParts } from '../../../core/sweep.ts';
import { intervalOf } from '../account/schedule.ts';
import { findSettings, replaceSettings } from '../account/settings.ts';
import { duePartition } from '../keys.ts';
import { Organization } from '../organization.ts';
import { startSync } from './start-sync.ts';

/**
 * The first due time after `now`; missed ones are skipped. All in milliseconds.
 *
 * @param due the due time that has passed.
 */
export function nextDue(due: number, interval: number, now: number): number {
  const missed = Math.max(0, Math.floor((now - due) / interval));
  return due + (missed + 1) * interval;
}

/**
 * Starts the due sync of an organisation and sets its next due time. In this order, because after a crash in
 * between the repeated start only finds the sync running.
 */
async function startDue(organization: Organization, now: number): Promise<void> {
  const settings = await findSettings(organization);
  const interval = settings?.schedule ? intervalOf(settings.schedule) : undefined;
  if (!settings?.due_at || !interval || Date.parse(settings.due_at) > now) return;
  const start = await startSync(organization, 'incremental_patients', undefined, now);
  log('info', 'scheduled sync due', { start: start.kind });
  const due_at = timestamp(nextDue(Date.parse(settings.due_at), interval, now));
  await replaceSettings(organization, settings, { ...settings, due_at });
}

/** The next sweep, a minute later, starts the rest. */
const dueSyncsPerSweepMax = 200;

/**
 * Starts the syncs that are due.
 *
 * @param now milliseconds since the epoch.
 */
export async function startDueSyncs(now: number): Promise<void> {
  const query = { table: tableName('cliniko'), range: { pk: duePartition, upTo: timestamp(now) } };
  const parts = sweepInParts('due syncs');
  for (const item of await queryFirst(dynamo(), query, dueSyncsPerSweepMax))
    await parts.run(() => startDue(Organization.parse(item), now));
  parts.finish();
}
