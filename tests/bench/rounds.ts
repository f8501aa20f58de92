import type { Rounds } from './options.ts';

/** One of several ways to do the same work. */
export interface Variant {
  /** What a round needs before its clock starts. */
  prepare?(): Promise<unknown>;
  run(): Promise<unknown>;
}

/** Milliseconds of each round, by variant; the n-th entries of two variants are of the same round. */
export type Timings<Name extends string> = Record<Name, number[]>;

/**
 * Runs all variants in every round, so that whatever else the machine is doing hits them alike. Who goes first changes from round to
 * round, so that none always finds what another left behind.
 */
export async function interleaved<Name extends string>(
  variants: Record<Name, Variant>,
  { warmUps, rounds }: Rounds,
): Promise<Timings<Name>> {
  const entries = Object.entries<Variant>(variants) as [Name, Variant][];
  const timings = Object.fromEntries(entries.map(([name]) => [name, []])) as unknown as Timings<Name>;
  for (let round = -warmUps; round < rounds; round++) {
    const first = (round + warmUps) % entries.length;
    for (const [name, { prepare, run }] of [...entries.slice(first), ...entries.slice(0, first)]) {
      await prepare?.();
      const begun = performance.now();
      await run();
      if (round >= 0) timings[name].push(performance.now() - begun);
    }
  }
  return timings;
}

/** @param fraction 0.5 for the median, 0.99 for the slowest hundredth. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const place = fraction * (sorted.length - 1);
  const [below = Number.NaN, above = below] = sorted.slice(Math.floor(place), Math.floor(place) + 2);
  return below + (above - below) * (place % 1);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
