import { parseArgs } from 'node:util';

/** Rounds that count, and those before them that do not. */
export interface Rounds {
  warmUps: number;
  rounds: number;
}

/** How much is measured. */
export interface Effort {
  /** Few rounds and few sizes: to see that everything works, not how fast it is. */
  quick: boolean;
  /** The rounds of a measure that handles so many records in each: fewer of the large ones, which vary less. */
  roundsFor(records: number): Rounds;
}

export interface Options {
  /** The names of the measures to run; empty = all. */
  only: string[];
  effort: Effort;
}

const usage = `npm run bench -- [--only create,requests] [--rounds 25] [--quick]`;

/** Sizes of which one round takes seconds. */
const LARGE = 2_000;
const HUGE = 5_000;

/**
 * Reads the command line.
 *
 * @throws Error telling how to call it.
 */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const rounds = Number(values.rounds ?? (quick ? 5 : 25));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a whole number: ${usage}`);
  const share = (part: number) => Math.max(Math.min(rounds, 3), Math.ceil(rounds * part));
  const roundsFor = (records: number): Rounds => {
    if (records >= HUGE) return { warmUps: 1, rounds: share(1 / 4) };
    if (records >= LARGE) return { warmUps: 2, rounds: share(1 / 3) };
    return { warmUps: quick ? 2 : 5, rounds };
  };
  return {
    only: values.only.flatMap((names) => names.split(',')).filter((name) => name !== ''),
    effort: { quick, roundsFor },
  };
}
