import { expect, test } from 'vitest';
import { readSchedule } from '../local/sources/schedule-expression.ts';
import { synthesise } from './synthesise.ts';

/**
 * The most runs that schedules start in one minute: half of the executions of a fresh account, whose other
 * half is for callers and queues.
 */
const startsPerMinuteMax = 5;
const minutesPerDay = 24 * 60;
const midnight = new Date('2026-11-20T00:00:00Z');

/** The minutes of a day in which a schedule starts its worker. */
function minutesOf(expression: string): number[] {
  if (expression === 'rate(1 minute)') return [...Array(minutesPerDay).keys()];
  const cron = readSchedule('a schedule', expression, 'UTC', () => {});
  const runs = cron.nextRuns(minutesPerDay, new Date(midnight.getTime() - 1));
  cron.stop();
  return runs
    .map((run) => (run.getTime() - midnight.getTime()) / 60_000)
    .filter((minute) => minute < minutesPerDay);
}

const { template } = await synthesise('prod');

test('starts at most five runs in any minute of the day by schedules, as a fresh account has ten executions', () => {
  const expressions = Object.values(template.findResources('AWS::Events::Rule')).flatMap(
    ({ Properties }): string[] => (Properties.ScheduleExpression ? [Properties.ScheduleExpression] : []),
  );
  expect(expressions.length).toBeGreaterThan(5);
  // Any other rate has no minute of its own: it counts from when its rule was made.
  for (const expression of expressions) expect(expression).toMatch(/^(rate\(1 minute\)|cron\(.+\))$/);
  const starts = new Array<number>(minutesPerDay).fill(0);
  for (const minute of expressions.flatMap(minutesOf)) starts[minute] = (starts[minute] ?? 0) + 1;
  expect(Math.min(...starts)).toBeGreaterThan(0);
  expect(Math.max(...starts)).toBeLessThanOrEqual(startsPerMinuteMax);
});
