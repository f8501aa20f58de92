import type * as z from 'zod';
import { timestamp } from '../../../core/clock.ts';
import { type ClinikoAccount, TooEarly } from '../account/client.ts';
import type { ClinikoDeps } from '../account/deps.ts';
import { resolveAccount } from '../account/resolve-account.ts';
import { accountOf } from '../account/settings.ts';
import { ClinikoFault, FailedCall, type FailureKind } from '../faults.ts';
import { startAttempt } from './start-sync.ts';
import type { Next, StepInput } from './step-shape.ts';
import { type Retries, retried } from './sync-log.ts';
import {
  currentHoldings,
  deletedSince,
  noneFinished,
  type Run,
  type Step,
  stepOf,
  syncLeaseMs,
} from './sync-state.ts';
import { commit, readSnapshot, type Snapshot } from './sync-store.ts';

/**
 * Steps of one execution, after which a new execution continues the run. Step Functions ends an execution at
 * 25,000 history events (its quotas), and a step with its choices takes 9 of them, 11 with a wait.
 */
const stepsPerExecutionMax = 2_000;

/** Rejections of one page for Cliniko's rate limit before the run fails: one a minute for half an hour. */
const refusalsPerPageMax = 30;

/** Steps of one page without an answer of Cliniko before the run fails: about a quarter of an hour. */
const outagesPerPageMax = 20;

/** Upper bound of the wait after the first of them; it doubles with each further one, up to a minute. */
const firstWaitMs = 2_000;
const waitMsMax = 60_000;

/** A time further ahead, at which Cliniko wants to be called again, fails the run. */
const outageMsMax = 60 * 60_000;

/** A step's run, with the state and account that belong to it. */
export interface StepContext {
  snapshot: Snapshot;
  run: Run;
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
  const account = await accountOf(snapshot.organization, snapshot.settings, deps.now());
  return { snapshot, run, account, deps };
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

/** When a step goes on, and how often its page was refused or not answered, with this time. */
interface Postponement {
  until: number;
  refusals: number;
  outages: number;
}

/**
 * The postponement of a step by an error of its calls: until the API key may be used again, or with growing
 * waits while Cliniko does not answer. `undefined` if the run has to fail.
 */
function postponementOf(
  error: TooEarly | FailedCall,
  run: Run,
  { now, random }: ClinikoDeps,
): Postponement | undefined {
  if (error instanceof TooEarly) {
    const refusals = run.refusals + (error.refused ? 1 : 0);
    return refusals > refusalsPerPageMax ? undefined : { until: error.until, refusals, outages: run.outages };
  }
  const outages = run.outages + 1;
  // At least half of it, so that Cliniko gets time to recover, and jitter, so that not all come back at once.
  const waitMs = Math.min(waitMsMax, firstWaitMs * 2 ** run.outages) * (0.5 + random() / 2);
  const until = Math.max(now() + Math.floor(waitMs), error.until ?? 0);
  const isTooMuch = outages > outagesPerPageMax || until > now() + outageMsMax;
  return isTooMuch ? undefined : { until, refusals: run.refusals, outages };
}

/**
 * Postpones a step whose calls to Cliniko failed, and stores what was retried and what its finished calls
 * have answered.
 *
 * @throws ClinikoFault `ClinikoRateLimited` or `ClinikoUnavailable` if that happened to this page too often.
 */
async function postpone(
  { snapshot, run, deps }: StepContext,
  error: TooEarly | FailedCall,
  { retries, answers }: Calls,
  turn: number,
): Promise<Next> {
  const postponement = postponementOf(error, run, deps);
  const until = postponement?.until ?? deps.now();
  const { refusals, outages } = postponement ?? run;
  const finished = { secret: snapshot.settings.secret, answers };
  const leaseUntil = Math.max(until, deps.now()) + syncLeaseMs;
  const progress = retried(run.progress, retries);
  const waiting = { ...run, refusals, outages, finished, leaseUntil, progress };
  await commit(snapshot, { ...snapshot.state, run: waiting }, []);
  if (!postponement)
    throw new ClinikoFault(error instanceof TooEarly ? 'ClinikoRateLimited' : 'ClinikoUnavailable');
  return { do: stepOf(run.cursor), turn, until: timestamp(until) };
}

/** Continues a run in a new execution, and fences off the current one. */
export async function startAnotherAttempt(snapshot: Snapshot, run: Run, now: number): Promise<void> {
  const next = { ...run, attempt: run.attempt + 1, attemptAt: now, leaseUntil: now + syncLeaseMs };
  await commit(snapshot, { ...snapshot.state, run: next }, []);
  await startAttempt(snapshot.organization, next);
}

/** The calls of one step: failures by kind and answers by name, which grow as they come. */
interface Calls {
  readonly retries: Retries;
  readonly answers: Record<string, unknown>;
}

/** The dependencies of a step that note its calls, and make none again that has been finished. */
function notingCalls(deps: ClinikoDeps, { retries, answers }: Calls): ClinikoDeps {
  return {
    ...deps,
    noteFailure(kind: FailureKind) {
      retries[kind] = (retries[kind] ?? 0) + 1;
    },
    async once<T>(name: string, shape: z.ZodType<T>, call: () => Promise<T>): Promise<T> {
      if (Object.hasOwn(answers, name)) return shape.parse(answers[name]);
      const answer = await call();
      answers[name] = answer;
      return answer;
    },
  };
}

/** What the step's finished calls have answered, if its key is still the same. */
const answersOf = ({ run: { finished }, snapshot: { settings } }: StepContext): Calls['answers'] =>
  finished.secret === settings.secret ? { ...finished.answers } : {};

/** True if a fault is about a key that was replaced after the step began. */
async function isOfFormerKey(error: unknown, { snapshot }: StepContext): Promise<boolean> {
  if (!(error instanceof ClinikoFault) || error.name !== 'ClinikoAuthFailed') return false;
  const present = await readSnapshot(snapshot.organization);
  return present !== undefined && present.settings.secret !== snapshot.settings.secret;
}

/**
 * Runs one step of a run. Idempotent: a repeated step finds that the run has moved on, and only returns what
 * comes next. A call to Cliniko that fails is repeated by itself, and a step whose calls go on to fail is
 * postponed and keeps what its finished calls have answered; so the workflow only repeats steps after faults
 * of our own. A key that was replaced while a step used it fails nothing: the step is made with the new one.
 *
 * @param step the step that the work implements; the run's cursor decides whether it is due.
 * @param ask makes all calls to Cliniko, and stores nothing.
 * @param store commits what the step did and returns the run after it; `undefined` if the run ended.
 * @throws ClinikoFault, Overtaken, or what the table throws: the workflow retries or ends the run by the
 * error's name.
 */
export async function runStep<T>(
  input: StepInput,
  step: Step,
  deps: ClinikoDeps,
  ask: (turn: StepContext) => Promise<T>,
  store: (turn: StepContext, answer: T) => Promise<Run | undefined>,
): Promise<Next> {
  const turn = input.turn + 1;
  const loaded = await loadStep(input, deps);
  if (!loaded) return { do: end, turn };
  const due = stepOf(loaded.run.cursor);
  if (due !== step) return { do: due, turn };
  const calls: Calls = { retries: {}, answers: answersOf(loaded) };
  const noting = notingCalls(deps, calls);
  const mine = { ...loaded, run: { ...loaded.run, finished: noneFinished }, deps: noting };
  try {
    const ready = await withAccount(mine);
    const answer = await ask(ready);
    const progress = retried(ready.run.progress, calls.retries);
    const run = await store({ ...ready, run: { ...ready.run, progress } }, answer);
    if (!run) return { do: end, turn };
    if (turn < stepsPerExecutionMax) return { do: stepOf(run.cursor), turn };
  } catch (error) {
    if (error instanceof TooEarly && error.refused) noting.noteFailure('rate_limited');
    if (error instanceof TooEarly || error instanceof FailedCall)
      return await postpone(mine, error, calls, turn);
    if (await isOfFormerKey(error, mine)) return { do: due, turn };
    throw error;
  }
  const present = await loadStep(input, deps);
  if (present) await startAnotherAttempt(present.snapshot, present.run, deps.now());
  return { do: end, turn };
}
