import * as z from 'zod';

const MINUTE = 60_000;
const UNITS = { minute: MINUTE, hour: 60 * MINUTE, day: 24 * 60 * MINUTE } as const;

/** No schedule asks Cliniko more often: a full sync may start as often (the seed's limit of one in five minutes). */
const SHORTEST = 5 * MINUTE;

/** A year: a longer one is a slip. */
const LONGEST = 366 * UNITS.day;

const RATE = /^rate\((?<count>[1-9]\d{0,4}) (?<unit>minute|hour|day)s?\)$/;

/** The milliseconds between two runs of `rate(6 hours)`; `undefined` for any other text. */
export function intervalOf(schedule: string): number | undefined {
  const { count, unit } = RATE.exec(schedule)?.groups ?? {};
  if (!count || !unit) return undefined;
  const interval = Number(count) * UNITS[unit as keyof typeof UNITS];
  return interval >= SHORTEST && interval <= LONGEST ? interval : undefined;
}

/** How often an organisation is synchronised by itself, as EventBridge writes a rate. */
export const Schedule = z
  .string()
  .refine((text) => intervalOf(text) !== undefined, 'must be a rate from rate(5 minutes) to rate(366 days)');
