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

/** Starts that callers of an organisation may ask for: `calls` in any `seconds`. */
export type StartLimit = Pick<Limit, 'calls' | 'seconds'>;

/** Result of a start, with the organisation's quota after it. */
export type Start =
  | { kind: 'unknown' }
  | { kind: 'started' | 'running'; sync: number; allowance: Allowance }
  | { kind: 'too_soon'; allowance: Allowance };

/** Earliest retry of a start while a sync runs. */
const retryWhileRunningMs = 30_000;

const startsWithin = ({ starts }: SyncState, { seconds }: StartLimit, now: number): number[] =>
  starts.filter((start) => start > now - seconds * 1000);

/** Quota of an organisation for starts; none remains while a sync runs. */
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

/** For scheduled starts, and for stages without rate limits. */
export const noStartLimit: StartLimit = { calls: 1, seconds: 0 };

/**
 * Attempts of a start that others overtake. Whichever overtook it is running by then, so the second nearly
 * always decides.
 */
const startAttemptsMax = 20;

/**
 * Name of the execution of an attempt; Step Functions keeps names unique for 90 days (API reference,
 * StartExecution).
 */
export const executionName = (organization: Organization, { sync, attempt }: Run): string =>
  `${digestOf(organization)}-${sync}-${attempt}`;

/** Starts the execution of a run's current attempt. Idempotent. */
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
 * Starts a sync, unless one is running. Of concurrent starts exactly one succeeds.
 *
 * @param asked the limit for a start that a caller asked for; `undefined` for a scheduled one.
 * @param now milliseconds since the epoch.
 * @throws Overtaken if other requests changed the state during each of 20 attempts.
 */
export async function startSync(
  organization: Organization,
  operation: SyncOperation,
  asked: StartLimit | undefined,
  now: number,
): Promise<Start> {
  const limit = asked ?? noStartLimit;
  // Ends at the latest with attempt `startAttemptsMax`, whose error is thrown.
  for (let attempt = 1; ; attempt++) {
    const snapshot = await readSnapshot(organization);
    if (!snapshot) return { kind: 'unknown' };
    const { state, settings } = snapshot;
    const allowance = startAllowance(state, limit, now);
    if (state.run) return { kind: 'running', sync: state.run.sync, allowance };
    if (!allowance.admitted) return { kind: 'too_soon', allowance };
    const sync = await takeNumbers(organization.tenant, 1);
    // An incremental sync builds upon a completed one of the same account, and a new key may belong to
    // another account.
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
      // The run is stored, so the sweep starts its execution within a minute or two.
      write('warn', 'execution of a sync could not be started', { sync });
    }
    return { kind: 'started', sync, allowance: startAllowance({ ...next, run: null }, limit, now) };
  }
}
