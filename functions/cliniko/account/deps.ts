import type * as z from 'zod';
import { currentDeadlineMs } from '../../../core/deadline.ts';
import { type Deps, systemDeps } from '../../../core/deps.ts';
import type { FailureKind } from '../faults.ts';

/** Dependencies of the sync's rules on the outside; tests bring their own. */
export interface ClinikoDeps extends Pick<Deps, 'now' | 'random' | 'pause'> {
  /** As the global `fetch`. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** For one call, up to the last byte of its answer. */
  callTimeoutMs: number;
  /** The time at which all calls must have ended, in milliseconds since the epoch. */
  callsEndAt(): number;
  /** Is told each call that failed in a way that may pass. */
  noteFailure(kind: FailureKind): void;
  /**
   * Makes a call, unless the step has finished it before it was postponed: then returns what it answered.
   *
   * @param name of the call, unique within the step.
   * @param shape of the answer, which is stored: short, and JSON.
   */
  once<T>(name: string, shape: z.ZodType<T>, call: () => Promise<T>): Promise<T>;
}

/** Time that is left after the last call of a step, to store what it answered. */
const storingMs = 5_000;

export const clinikoDeps: ClinikoDeps = {
  now: systemDeps.now,
  random: systemDeps.random,
  pause: systemDeps.pause,
  fetch: (url, init) => fetch(url, init),
  callTimeoutMs: 10_000,
  callsEndAt: () => currentDeadlineMs() - storingMs,
  noteFailure: () => undefined,
  once: (_name, _shape, call) => call(),
};
