import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

/** Time, chance and names from outside, so that a test decides about them. */
export interface Deps {
  /** The present instant, in milliseconds since the Unix epoch. */
  now(): number;
  /** A uniform number in [0, 1). */
  random(): number;
  /** Resolves after this many milliseconds. */
  pause(milliseconds: number): Promise<void>;
  /** A name that has never been used before. */
  unique(): string;
}

const words = new Uint32Array(1);

/** The machine's own. */
export const systemDeps: Deps = {
  now: () => Date.now(),
  // Not Math.random(): ids of transactions are drawn from it, and have to differ between containers.
  random: () => (crypto.getRandomValues(words)[0] ?? 0) / 2 ** 32,
  pause: (milliseconds) => setTimeout(milliseconds),
  unique: () => randomUUID(),
};
