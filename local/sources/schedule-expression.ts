import { Cron } from 'croner';
import { CannotStart, reasonOf } from '../cannot-start.ts';

/** Length of the units of a rate, in milliseconds. */
const unitsMs: Readonly<Record<string, number>> = {
  // Not a unit of AWS; for tests, which cannot wait a minute.
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/**
 * Schedules `fire` by an expression of EventBridge: `rate(5 minutes)`, `cron(0 9 ? * MON-FRI *)` or
 * `at(2027-01-01T00:00:00)`. A rate counts from now; on AWS it counts from the deployment.
 *
 * @param name the logical id that an error names.
 * @throws CannotStart if the expression cannot be read.
 */
export function readSchedule(name: string, expression: string, timezone: string, fire: () => void): Cron {
  const [, kind, inner = ''] = /^(rate|cron|at)\((.+)\)$/.exec(expression) ?? [];
  try {
    if (kind === 'rate') {
      const startAt = new Date(Date.now() + rateMs(inner));
      return new Cron('* * * * * *', { interval: rateMs(inner) / 1_000, startAt }, fire);
    }
    if (kind === 'at') return new Cron(inner, { timezone }, fire);
    if (kind === 'cron') return new Cron(cronPattern(inner), { timezone, sloppyRanges: true }, fire);
  } catch (cause) {
    throw new CannotStart(
      `${name} has the schedule ${expression}, which cannot be read: ${reasonOf(cause)}`,
      { cause },
    );
  }
  throw new CannotStart(`${name} has the schedule ${expression}, which is neither a rate, a cron nor a time`);
}

function rateMs(rate: string): number {
  const [, count, unit = ''] = /^([1-9]\d*) ([a-z]+?)s?$/.exec(rate) ?? [];
  const unitMs = unitsMs[unit];
  if (!unitMs) throw new Error(`${rate} is not a number and a unit`);
  return Number(count) * unitMs;
}

/**
 * Converts AWS's six fields to croner's pattern: with seconds, and with Sunday = 0 instead of Sunday = 1.
 * AWS's `0/15` needs croner's option `sloppyRanges`.
 */
function cronPattern(fields: string): string {
  const [minute, hour, dayOfMonth, month, dayOfWeek = '', year = '*'] = fields.split(/\s+/);
  const weekday = dayOfWeek.replace(
    /(^|[,-])([1-7])(?!\d)/g,
    (_, before: string, day: string) => before + (Number(day) - 1),
  );
  return `0 ${minute} ${hour} ${dayOfMonth} ${month} ${weekday} ${year}`;
}
