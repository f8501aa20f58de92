import * as z from 'zod';

const minuteMs = 60_000;
const unitMs = { minute: minuteMs, hour: 60 * minuteMs, day: 24 * 60 * minuteMs } as const;

/** No schedule asks Cliniko more often: a full sync may start as often (the seed's limit of one in five minutes). */
const intervalMsMin = 5 * minuteMs;

/** A year: a longer one is a slip. */
const intervalMsMax = 366 * unitMs.day;

const ratePattern = /^rate\((?<count>[1-9]\d{0,4}) (?<unit>minute|hour|day)s?\)$/;

/** The milliseconds between two runs of `rate(6 hours)`; `undefined` for any other text. */
export function intervalOf(schedule: string): number | undefined {
  const { count, unit } = ratePattern.exec(schedule)?.groups ?? {};
  if (!count || !unit) return undefined;
  const interval = Number(count) * unitMs[unit as keyof typeof unitMs];
  return interval >= intervalMsMin && interval <= intervalMsMax ? interval : undefined;
}

/** How often an organisation is synchronised by itself, as EventBridge writes a rate. */
export const Schedule = z
  .string()
  .refine((text) => intervalOf(text) !== undefined, 'must be a rate from rate(5 minutes) to rate(366 days)');
