import { randomUUID } from 'node:crypto';
import { timestamp } from '../../core/clock.ts';
import { tableName } from '../../core/table.ts';
import { toldOf } from './faults.ts';
import { deliveryKey, runningKey } from './keys.ts';
import type { Organization } from './organization.ts';
import { completed, failed, type SyncLog } from './sync-log.ts';
import { holding, type Run, type SyncState } from './sync-state.ts';
import { commit, findLog, logWrite, type Snapshot } from './sync-store.ts';
import { type Delivery, eventOf, startDelivery } from './webhook.ts';
import { findWebhooks } from './webhook-store.ts';

/** A run that ends, in one transaction: its state, its log, and a message for everyone who wants to hear of it. */
async function end(snapshot: Snapshot, next: SyncState, log: SyncLog, now: number): Promise<void> {
  const { organization } = snapshot;
  const TableName = tableName('cliniko');
  const deliveries = await deliveriesOf(organization, log, now);
  await commit(snapshot, { ...next, run: null }, [
    logWrite(organization, log),
    { Delete: { TableName, Key: runningKey(organization) } },
    ...deliveries.map((delivery) => ({
      Put: { TableName, Item: { ...deliveryKey(delivery.id), ...delivery } },
    })),
  ]);
  for (const delivery of deliveries) await startDelivery(delivery);
}

async function deliveriesOf(organization: Organization, log: SyncLog, now: number): Promise<Delivery[]> {
  const event = eventOf(log);
  const webhooks = await findWebhooks(organization.tenant);
  const interested = webhooks.filter(
    ({ events, organization: only, enabled }) =>
      enabled && events.includes(event.event) && (only === null || only === organization.orgId),
  );
  return interested.map(({ id }) => ({
    id: randomUUID(),
    tenant: organization.tenant,
    webhook: id,
    body: JSON.stringify(event),
    attempts: 0,
    due_at: timestamp(now),
    started: 1,
  }));
}

/** Ends a run that accounted for everyone. */
export async function complete(
  snapshot: Snapshot,
  run: Run,
  log: SyncLog,
  total: number,
  now: number,
): Promise<void> {
  const next = holding(snapshot.state, { completedFrom: timestamp(run.startedAt) });
  await end(snapshot, next, completed(log, total, timestamp(now)), now);
}

/**
 * Ends a run that failed, with the reason by its name in `faults`. It may be started again at once.
 *
 * @returns its log; `undefined` if it is not running any more.
 */
export async function fail(snapshot: Snapshot, name: string, now: number): Promise<SyncLog | undefined> {
  const { organization, state } = snapshot;
  const { run, starts } = state;
  const log = run && (await findLog(organization, run.sync));
  if (!log) return undefined;
  const ended = failed(log, toldOf(name), timestamp(now));
  await end(snapshot, { ...state, starts: starts.filter((start) => start !== run.startedAt) }, ended, now);
  return ended;
}
