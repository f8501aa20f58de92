import { ClinikoFault, FailedCall, type FaultName } from '../faults.ts';
import type { ClinikoDeps } from './deps.ts';

/** Tries of one call within a step; then the step is postponed. */
const triesMax = 5;

/** Upper bound of the pause after the first failure; it doubles with each further one. */
const firstPauseMs = 500;

/** Longer pauses are left to the workflow, where they cost nothing. */
const pauseMsMax = 5_000;

/**
 * Answers that end a sync: the key, the user or the address is refused. Servers in trouble, and proxies
 * before them, refuse good requests now and then, so one such answer proves nothing.
 */
const refusals: readonly FaultName[] = [
  'ClinikoAuthFailed',
  'ClinikoForbidden',
  'ClinikoMoved',
  'ClinikoRefused',
];

/** Least pause before a refused call is made again, so that it does not meet the same moment of trouble. */
const confirmationPauseMs = 1_000;

/** The failure that an error means; `undefined` for an error that repeating the call does not mend. */
function failureOf(error: unknown, wasRefused: boolean, now: number): FailedCall | undefined {
  if (error instanceof FailedCall) return error;
  const isRefusal = error instanceof ClinikoFault && refusals.includes(error.name);
  return isRefusal && !wasRefused ? new FailedCall('refused', now + confirmationPauseMs) : undefined;
}

/**
 * A call to Cliniko with the checks of its answer, repeated by itself as long as it fails in a way that may
 * pass: up to five tries, with full jitter up to 0.5, 1, 2 and 4 seconds between them, and only while a
 * whole try fits before `callsEndAt` and Cliniko asks for no longer pause. A refusal counts once a second try
 * has confirmed it. Each try takes a call of the key's budget.
 *
 * @throws FailedCall if the last try failed, too, or was the first refusal; any other error of `call` at
 * once.
 */
export async function repeatCall<T>(deps: ClinikoDeps, call: () => Promise<T>): Promise<T> {
  let wasRefused = false;
  // Ends with try `triesMax`, whose error is thrown.
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      const failure = failureOf(error, wasRefused, deps.now());
      if (!failure) throw error;
      wasRefused ||= failure.kind === 'refused';
      deps.noteFailure(failure.kind);
      const jitterMs = Math.floor(deps.random() * firstPauseMs * 2 ** (tries - 1));
      const pauseMs = Math.max(jitterMs, (failure.until ?? 0) - deps.now());
      const fits = pauseMs <= pauseMsMax && deps.now() + pauseMs + deps.callTimeoutMs <= deps.callsEndAt();
      if (tries === triesMax || !fits) throw failure;
      await deps.pause(pauseMs);
    }
  }
}
