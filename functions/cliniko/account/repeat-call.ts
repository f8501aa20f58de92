import { FailedCall } from '../faults.ts';
import type { ClinikoDeps } from './deps.ts';

/** Tries of one call within a step; then the step is postponed. */
const triesMax = 5;

/** Upper bound of the pause after the first failure; it doubles with each further one. */
const firstPauseMs = 500;

/** Longer pauses are left to the workflow, where they cost nothing. */
const pauseMsMax = 5_000;

/**
 * A call to Cliniko with the checks of its answer, repeated by itself as long as it fails in a way that may
 * pass: up to five tries, with full jitter up to 0.5, 1, 2 and 4 seconds between them, and only while a
 * whole try fits before `callsEndAt` and Cliniko asks for no longer pause. Each try takes a call of the key's
 * budget.
 *
 * @throws FailedCall if the last try failed, too; any other error of `call` at once.
 */
export async function repeatCall<T>(deps: ClinikoDeps, call: () => Promise<T>): Promise<T> {
  // Ends with try `triesMax`, whose error is thrown.
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof FailedCall)) throw error;
      deps.noteFailure(error.kind);
      const jitterMs = Math.floor(deps.random() * firstPauseMs * 2 ** (tries - 1));
      const pauseMs = Math.max(jitterMs, (error.until ?? 0) - deps.now());
      const fits = pauseMs <= pauseMsMax && deps.now() + pauseMs + deps.callTimeoutMs <= deps.callsEndAt();
      if (tries === triesMax || !fits) throw error;
      await deps.pause(pauseMs);
    }
  }
}
