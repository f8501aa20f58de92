import { timestamp } from '../../core/clock.ts';
import { log as write } from '../../core/log.ts';
import { tableName } from '../../core/table.ts';
import { startWorkflow } from '../../core/workflow.ts';
import { digestOf, runningKey } from './keys.ts';
import type { Organization } from './organization.ts';
import { newLog, type Operation } from './sync-log.ts';
import { newRun, type Run, type SyncState } from './sync-state.ts';
import { commit, logWrite, Overtaken, readSnapshot, takeNumbers } from './sync-store.ts';

/** One start that a caller asks for in so many milliseconds, for each organisation (the seed: 5 minutes). */
export const START_WINDOW = 5 * 60_000;

/** How a start ended. */
export type Start =
  | { kind: 'started'; sync: number }
  | { kind: 'unknown' }
  | { kind: 'running'; sync: number }
  /** `until` in milliseconds since the epoch. */
  | { kind: 'too_soon'; until: number };

/** How often a start that was overtaken looks again. Whoever overtook it is running by then, so one more look is nearly always enough. */
const LOOKS = 20;

/** What the execution of an attempt is called; Step Functions keeps names apart for 90 days. */
export const executionName = (organization: Organization, { sync, attempt }: Run): string =>
  `${digestOf(organization)}-${sync}-${attempt}`;

/** Starts the workflow of a run's present attempt. Repeating it changes nothing. */
export async function startAttempt(organization: Organization, run: Run): Promise<void> {
  const { tenant, orgId } = organization;
  await startWorkflow('clinikoSync', executionName(organization, run), {
    tenant,
    orgId,
    syncId: run.sync,
    attempt: run.attempt,
    next: { do: 'begin', turn: 0 },
  });
}

const windowEnd = ({ startedAt }: SyncState) => startedAt + START_WINDOW;

/**
 * Starts a sync, unless one is running. Of many starts at once one succeeds.
 *
 * @param asked whether a caller asked for it: such starts keep a distance.
 * @param now milliseconds since the epoch.
 */
export async function startSync(
  organization: Organization,
  operation: Operation,
  asked: boolean,
  now: number,
): Promise<Start> {
  for (let look = 1; ; look++) {
    const snapshot = await readSnapshot(organization);
    if (!snapshot) return { kind: 'unknown' };
    const { state } = snapshot;
    if (state.run) return { kind: 'running', sync: state.run.sync };
    if (asked && windowEnd(state) > now) return { kind: 'too_soon', until: windowEnd(state) };
    const sync = await takeNumbers(organization.tenant, 1);
    // Without a completed sync there is nothing that an incremental one could build upon.
    const run = newRun(sync, state, state.completedFrom ? operation : 'full_patients', now);
    const next = { ...state, run, logs: state.logs + 1, startedAt: asked ? now : state.startedAt };
    try {
      await commit(snapshot, next, [
        logWrite(organization, newLog(sync, organization.orgId, run.operation, timestamp(now))),
        { Put: { TableName: tableName('cliniko'), Item: { ...runningKey(organization), ...organization } } },
      ]);
    } catch (error) {
      if (!(error instanceof Overtaken) || look === LOOKS) throw error;
      continue;
    }
    try {
      await startAttempt(organization, run);
    } catch {
      // It is on record as running, so the sweep starts its workflow within a minute or two.
      write('warn', 'the workflow of a sync could not be started', { sync });
    }
    return { kind: 'started', sync };
  }
}
