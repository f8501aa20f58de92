import { timestamp } from '../../../core/clock.ts';
import type { Limit } from '../../../core/contract/endpoint.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import type { Allowance } from '../../../core/http/rate-limit.ts';
import { log as write } from '../../../core/log.ts';
import { startWorkflow } from '../../../core/workflow.ts';
import { digestOf, runningKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import { newLog, type SyncOperation } from './sync-log.ts';
import { currentHoldings, newRun, type Run, type SyncState } from './sync-state.ts';
import { commit, logWrite, Overtaken, readSnapshot, takeNumbers } from './sync-store.ts';

/** How many starts callers may ask for in so many seconds, for each organisation. */
export type StartLimit = Pick<Limit, 'calls' | 'seconds'>;

/** How a start ended, and where the organisation stands with its limit then. */
export type Start =
  | { kind: 'unknown' }
  | { kind: 'started' | 'running'; sync: number; allowance: Allowance }
  | { kind: 'too_soon'; allowance: Allowance };

/** While a sync runs, the next start is worth a try in half a minute at the earliest; in milliseconds. */
const retryWhileRunningMs = 30_000;

const startsWithin = ({ starts }: SyncState, { seconds }: StartLimit, now: number): number[] =>
  starts.filter((start) => start > now - seconds * 1000);

/** Where an organisation stands with its starts; while a sync runs none is left. */
export function startAllowance(state: SyncState, limit: StartLimit, now: number): Allowance {
  const starts = startsWithin(state, limit, now);
  const remaining = state.run ? 0 : Math.max(0, limit.calls - starts.length);
  const isUsedUp = starts.length >= limit.calls;
  const windowEnd = isUsedUp ? Math.min(...starts) + limit.seconds * 1000 : now;
  return {
    admitted: remaining > 0,
    limit: limit.calls,
    remaining,
    resetAt: state.run ? Math.max(windowEnd, now + retryWhileRunningMs) : windowEnd,
  };
}

/** For starts that nobody asked for, and where a stage has switched the limit off. */
export const noStartLimit: StartLimit = { calls: 1, seconds: 0 };

/** How often a start that was overtaken looks again. Whoever overtook it is running by then, so one more look is nearly always enough. */
const startAttemptsMax = 20;

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

/**
 * Starts a sync, unless one is running. Of many starts at once one succeeds.
 *
 * @param asked the limit for a start that a caller asked for; `undefined` for one that was due.
 * @param now milliseconds since the epoch.
 */
export async function startSync(
  organization: Organization,
  operation: SyncOperation,
  asked: StartLimit | undefined,
  now: number,
): Promise<Start> {
  const limit = asked ?? noStartLimit;
  for (let attempt = 1; ; attempt++) {
    const snapshot = await readSnapshot(organization);
    if (!snapshot) return { kind: 'unknown' };
    const { state, settings } = snapshot;
    const allowance = startAllowance(state, limit, now);
    if (state.run) return { kind: 'running', sync: state.run.sync, allowance };
    if (!allowance.admitted) return { kind: 'too_soon', allowance };
    const sync = await takeNumbers(organization.tenant, 1);
    // An incremental sync builds upon a completed one of the same account, and whose a new key is will only turn out.
    const canBuild = currentHoldings(state).completedFrom !== null && settings.secret === state.secret;
    const run = newRun(sync, state, canBuild ? operation : 'full_patients', now);
    const starts = asked ? [...startsWithin(state, asked, now), now] : state.starts;
    const next = { ...state, run, logs: state.logs + 1, starts };
    try {
      await commit(snapshot, next, [
        logWrite(organization, newLog(sync, next.logs, organization.orgId, run.operation, timestamp(now))),
        { Put: { TableName: tableName('cliniko'), Item: { ...runningKey(organization), ...organization } } },
      ]);
    } catch (error) {
      if (!(error instanceof Overtaken) || attempt === startAttemptsMax) throw error;
      continue;
    }
    try {
      await startAttempt(organization, run);
    } catch {
      // It is on record as running, so the sweep starts its workflow within a minute or two.
      write('warn', 'the workflow of a sync could not be started', { sync });
    }
    return { kind: 'started', sync, allowance: startAllowance({ ...next, run: null }, limit, now) };
  }
}
