import type { Cleanup } from './cleanup.ts';
import type { Effort } from './options.ts';
import { median, type Timings } from './rounds.ts';

export type Unit = 'ms' | 'ratio' | 'calls/s' | 'KB' | 'MB' | 'writes/call';

/** One line of the report: what was measured, against what, and how good it ought to be. */
export interface Figure {
  name: string;
  unit: Unit;
  ours: number;
  baseline?: { name: string; value: number };
  /** Ours ÷ the baseline's. */
  ratio?: number;
  /** The most that the ratio may be, or our own value where there is no ratio. Without one the figure only informs. */
  aim?: number;
  /** Of how many rounds the medians are. */
  rounds: number;
}

/** What a measure works with. */
export interface Bench {
  effort: Effort;
  cleanup: Cleanup;
}

export interface Measure {
  /** The heading of its table. */
  title: string;
  /** What a reader has to know to understand the figures. */
  about: string;
  run(bench: Bench): Promise<Figure[]>;
}

/** Whether the figure is what it ought to be; `undefined` where nobody said. */
export const reached = ({ aim, ratio, ours }: Figure): boolean | undefined =>
  aim === undefined ? undefined : (ratio ?? ours) <= aim;

export interface Comparison<Name extends string> {
  ours: Name;
  baseline: Name;
  aim?: number | undefined;
  /** What both times are divided by, to tell the time of one record; 1 each unless told. */
  per?: { ours: number; baseline: number };
}

/**
 * Two variants of the same interleaved run, side by side.
 *
 * The ratio is the median of the rounds' own ratios: when the machine is busy for a while, both variants of those rounds are slow.
 */
export function compare<Name extends string>(
  name: string,
  timings: Timings<Name>,
  { ours, baseline, aim, per = { ours: 1, baseline: 1 } }: Comparison<Name>,
): Figure {
  const our = timings[ours].map((time) => time / per.ours);
  const their = timings[baseline].map((time) => time / per.baseline);
  return {
    name,
    unit: 'ms',
    ours: median(our),
    baseline: { name: baseline, value: median(their) },
    ratio: median(our.map((time, round) => time / (their[round] ?? Number.NaN))),
    rounds: our.length,
    ...(aim === undefined ? {} : { aim }),
  };
}
