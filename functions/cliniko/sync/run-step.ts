import { timestamp } from '../../../core/clock.ts';
import { invariant } from '../../../core/invariant.ts';
import { type ClinikoAccount, TooEarly } from '../account/client.ts';
import type { ClinikoDeps } from '../account/deps.ts';
import { resolveAccount } from '../account/resolve-account.ts';
import { accountOf } from '../account/settings.ts';
import { ClinikoFault } from '../faults.ts';
import { startAttempt } from './start-sync.ts';
import type { Next, StepInput } from './step-shape.ts';
import type { SyncLog } from './sync-log.ts';
import { currentHoldings, deletedSince, type Run, type Step, stepOf, syncLeaseMs } from './sync-state.ts';
import { commit, findLog, readSnapshot, type Snapshot } from './sync-store.ts';

/**
 * Steps of one execution, after which a new execution continues the run. Step Functions ends an execution at
 * 25,000 history events (its quotas), and a step with its choices takes 9 of them.
 */
const stepsPerExecutionMax = 2_000;

/** Rejections of one page for Cliniko's rate limit before the run fails: one a minute for half an hour. */
const refusalsPerPageMax = 30;

/** A step's run, with the state, log and account that belong to it. */
export interface StepContext {
  snapshot: Snapshot;
  run: Run;
  log: SyncLog;
  account: ClinikoAccount;
  deps: ClinikoDeps;
}

const end = 'end' as const;

/**
 * Loads the run of a step; `undefined` if it has ended or a later attempt has replaced this one (fencing).
 */
async function loadStep(input: StepInput, deps: ClinikoDeps): Promise<StepContext | undefined> {
  const snapshot = await readSnapshot({ tenant: input.tenant, orgId: input.orgId });
  const run = snapshot?.state.run;
  if (!snapshot || !run || run.sync !== input.syncId || run.attempt !== input.attempt) return undefined;
  const log = await findLog(snapshot.organization, run.sync);
  invariant(log, 'a run is stored together with its log');
  return { snapshot, run, log, account: await accountOf(snapshot.settings, deps.now()), deps };
}

/**
 * The step with the account that its API key belongs to.
 *
 * @throws ClinikoFault `ClinikoAccountChanged` if that is another account and the run has begun or is
 * incremental; otherwise as `resolveAccount`.
 */
async function withAccount(turn: StepContext): Promise<StepContext> {
  const { snapshot, run, account, deps } = turn;
  const state = await resolveAccount(snapshot, account, deps);
  if (state.account === snapshot.state.account) return { ...turn, snapshot: { ...snapshot, state } };
  if (run.cursor.phase !== 'count' || run.operation === 'incremental_patients')
    throw new ClinikoFault('ClinikoAccountChanged');
  const begun = { ...run, deletedSince: deletedSince(currentHoldings(state)) };
  return { ...turn, snapshot: { ...snapshot, state }, run: begun };
}

/**
 * Postpones a step until the API key may be used again.
 *
 * @throws ClinikoFault `ClinikoRateLimited` if Cliniko has rejected this page too often.
 */
async function postpone(
  { snapshot, run, deps }: StepContext,
  { until, refused }: TooEarly,
  turn: number,
): Promise<Next> {
  const refusals = run.refusals + (refused ? 1 : 0);
  if (refusals > refusalsPerPageMax) throw new ClinikoFault('ClinikoRateLimited');
  const waiting = { ...run, refusals, leaseUntil: Math.max(until, deps.now()) + syncLeaseMs };
  await commit(snapshot, { ...snapshot.state, run: waiting }, []);
  return { do: stepOf(run.cursor), turn, until: timestamp(until) };
}

/** Continues a run in a new execution, and fences off the current one. */
export async function startAnotherAttempt(snapshot: Snapshot, run: Run, now: number): Promise<void> {
  const next = { ...run, attempt: run.attempt + 1, attemptAt: now, leaseUntil: now + syncLeaseMs };
  await commit(snapshot, { ...snapshot.state, run: next }, []);
  await startAttempt(snapshot.organization, next);
}

/**
 * Runs one step of a run. Idempotent: a repeated step finds that the run has moved on, and only returns what
 * comes next.
 *
 * @param step the step that `work` implements; the run's cursor decides whether it is due.
 * @param work commits what the step did and returns the run after it; `undefined` if the run ended.
 * @throws ClinikoFault, Overtaken, or what the table throws: the workflow retries or ends the run by the
 * error's name.
 */
export async function runStep(
  input: StepInput,
  step: Step,
  deps: ClinikoDeps,
  work: (turn: StepContext) => Promise<Run | undefined>,
): Promise<Next> {
  const turn = input.turn + 1;
  const mine = await loadStep(input, deps);
  if (!mine) return { do: end, turn };
  const due = stepOf(mine.run.cursor);
  if (due !== step) return { do: due, turn };
  try {
    const run = await work(await withAccount(mine));
    if (!run) return { do: end, turn };
    if (turn < stepsPerExecutionMax) return { do: stepOf(run.cursor), turn };
  } catch (error) {
    if (error instanceof TooEarly) return await postpone(mine, error, turn);
    throw error;
  }
  const present = await loadStep(input, deps);
  if (present) await startAnotherAttempt(present.snapshot, present.run, deps.now());
  return { do: end, turn };
}
