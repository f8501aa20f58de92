import { randomUUID } from 'node:crypto';
import { timestamp } from '../../../core/clock.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { present } from '../../../core/invariant.ts';
import { deliveriesOf, deliveryWrite, startDelivery } from '../../../core/webhook/delivery.ts';
import { describeFault } from '../faults.ts';
import { runningKey } from '../keys.ts';
import { eventOf } from './sync-event.ts';
import { completed, failed, type SyncLog } from './sync-log.ts';
import { type Run, type SyncState, withHoldings } from './sync-state.ts';
import { commit, findLog, logWrite, type Snapshot } from './sync-store.ts';

/**
 * Ends a run in one transaction: its state, its log, and the deliveries to subscribed webhooks (transactional
 * outbox).
 */
async function end(snapshot: Snapshot, next: SyncState, log: SyncLog, now: number): Promise<void> {
  const { organization } = snapshot;
  const { tenant, orgId } = organization;
  const origin = { tenant, organization: orgId };
  const deliveries = await deliveriesOf(origin, eventOf(log), () => randomUUID(), now);
  await commit(snapshot, { ...next, run: null }, [
    logWrite(organization, log),
    { Delete: { TableName: tableName('cliniko'), Key: runningKey(organization) } },
    ...deliveries.map(deliveryWrite),
  ]);
  for (const delivery of deliveries) await startDelivery(delivery);
}

/**
 * Ends a run that has seen every patient.
 *
 * @param total patients that Cliniko counts.
 * @throws Overtaken if the state changed after `snapshot` was read.
 */
export async function complete(snapshot: Snapshot, run: Run, total: number, now: number): Promise<void> {
  const at = timestamp(now);
  const next = withHoldings(snapshot.state, {
    completedFrom: timestamp(run.startedAt),
    ...(run.operation === 'incremental_patients' ? {} : { foundSameAt: at }),
  });
  const log = present(await findLog(snapshot, run.sync), 'a run is stored together with its log');
  await end(snapshot, next, completed({ ...log, ...run.progress }, total, at), now);
}

/**
 * Ends a run as failed and gives its start back to the limit, so that another sync may start at once.
 *
 * @param name the error's name, usually one of `clinikoFaults`.
 * @returns its log; `undefined` if no sync is running.
 * @throws Overtaken if the state changed after `snapshot` was read.
 */
export async function fail(snapshot: Snapshot, name: string, now: number): Promise<SyncLog | undefined> {
  const { state } = snapshot;
  const { run, starts } = state;
  const log = run && (await findLog(snapshot, run.sync));
  if (!log) return undefined;
  const ended = failed(log, describeFault(name), timestamp(now));
  await end(snapshot, { ...state, starts: starts.filter((start) => start !== run.startedAt) }, ended, now);
  return ended;
}
