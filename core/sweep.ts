import { describe, log } from './log.ts';

/** Parts of a sweep failed. Nothing is lost: the next sweep does them again. */
class SweepIncomplete extends Error {
  override readonly name = 'SweepIncomplete';
}

/** The parts of one sweep, each of which may fail without holding up the others. */
export interface SweepParts {
  /** Runs one part. A failure is logged as an error; the result is then `undefined`. */
  run<T>(part: () => Promise<T> | T): Promise<T | undefined>;
  /** @throws SweepIncomplete if a part failed, so that the worker fails and its alarm reports it. */
  finish(): void;
}

/**
 * Keeps the parts of a sweep apart: an item that cannot be read, or work that fails for one tenant, must not
 * stop the sweep for all tenants behind it.
 *
 * @param sweep names the sweep in the log.
 */
export function sweepInParts(sweep: string): SweepParts {
  let failures = 0;
  return {
    async run(part) {
      try {
        return await part();
      } catch (error) {
        failures += 1;
        log('error', 'part of a sweep failed', { sweep, ...describe(error) });
        return undefined;
      }
    },
    finish() {
      if (failures > 0) throw new SweepIncomplete(`${failures} parts of the sweep failed`);
    },
  };
}
