import type { Cron } from 'croner';
import { afterEach, describe, expect, test } from 'vitest';
import { CannotStart } from '../../local/cannot-start.ts';
import { readSchedule } from '../../local/sources/schedule-expression.ts';

const made: Cron[] = [];
afterEach(() => {
  for (const cron of made.splice(0)) cron.stop();
});

function nextRuns(expression: string, timezone = 'UTC', from = '2026-11-20T12:00:00Z'): string[] {
  const cron = readSchedule('A test', expression, timezone, () => {});
  made.push(cron);
  return cron.nextRuns(2, new Date(from)).map((run) => run.toISOString());
}

describe('a cron expression', () => {
  test.each([
    ['cron(0/15 * * * ? *)', '2026-11-20T12:15:00.000Z', '2026-11-20T12:30:00.000Z'],
    ['cron(0 9 ? * MON-FRI *)', '2026-11-23T09:00:00.000Z', '2026-11-24T09:00:00.000Z'],
    ['cron(0 9 ? * 2 *)', '2026-11-23T09:00:00.000Z', '2026-11-30T09:00:00.000Z'],
    ['cron(0 9 ? * 1,7 *)', '2026-11-21T09:00:00.000Z', '2026-11-22T09:00:00.000Z'],
    ['cron(0 0 L * ? *)', '2026-11-30T00:00:00.000Z', '2026-12-31T00:00:00.000Z'],
    ['cron(0 12 1 1 ? 2027-2028)', '2027-01-01T12:00:00.000Z', '2028-01-01T12:00:00.000Z'],
  ])('%s runs when it does on AWS', (expression, first, second) => {
    expect(nextRuns(expression)).toEqual([first, second]);
  });

  test('runs in its own time zone, through the change of the clocks', () => {
    expect(nextRuns('cron(0 9 * * ? *)', 'Europe/Berlin', '2026-10-24T12:00:00Z')).toEqual([
      '2026-10-25T08:00:00.000Z',
      '2026-10-26T08:00:00.000Z',
    ]);
  });
});

test('a rate counts from now, by its unit', () => {
  const now = Date.now();
  const cron = readSchedule('A test', 'rate(2 hours)', 'UTC', () => {});
  made.push(cron);
  const [first = 0, second = 0] = cron.nextRuns(2).map(Number);
  // croner works in whole seconds.
  expect(Math.round((first - now) / 60_000)).toBe(120);
  expect(second - first).toBe(2 * 3_600_000);
});

test.each([
  'rate(5 fortnights)',
  'rate(0 minutes)',
  'rate(minute)',
  'cron(x)',
  'cron(99 * * * ? *)',
  'daily',
  'at(soon)',
])('%s is refused by name', (expression) => {
  expect(() => readSchedule('Nightly', expression, 'UTC', () => {})).toThrow(CannotStart);
  expect(() => readSchedule('Nightly', expression, 'UTC', () => {})).toThrow(
    `Nightly has the schedule ${expression}`,
  );
});
