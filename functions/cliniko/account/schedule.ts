import * as z from 'zod';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const unitMs: Record<string, number> = { minute: minuteMs, hour: 60 * minuteMs, day: dayMs };

/** As often as callers may start a full sync (the limit of `sync-all`: one in five minutes). */
const intervalMsMin = 5 * minuteMs;

/** A year; a longer interval is a mistake. */
const intervalMsMax = 366 * dayMs;

const ratePattern = /^rate\((?<count>[1-9]\d{0,4}) (?<unit>minute|hour|day)s?\)$/;

/** The interval of a rate such as `rate(6 hours)` in milliseconds; `undefined` for any other text. */
export function intervalOf(schedule: string): number | undefined {
  const { count, unit } = ratePattern.exec(schedule)?.groups ?? {};
  const msPerUnit = unit && unitMs[unit];
  if (!count || !msPerUnit) return undefined;
  const interval = Number(count) * msPerUnit;
  return interval >= intervalMsMin && interval <= intervalMsMax ? interval : undefined;
}

/** Interval of scheduled syncs, in the notation of EventBridge rates. */
export const Schedule = z
  .string()
  .refine((text) => intervalOf(text) !== undefined, 'must be a rate from rate(5 minutes) to rate(366 days)');
