import { expect, test } from 'vitest';
import { idleMonth, runsPerMonth } from './idle.ts';

test.each([
  ['rate(1 minute)', 43_800],
  ['rate(5 minutes)', 8_760],
  ['cron(2/5 * * * ? *)', 8_760],
  ['cron(0 * * * ? *)', 730],
])('a month has as many runs of %s as minutes allow', (expression, runs) => {
  expect(Math.abs(runsPerMonth(expression) - runs) / runs).toBeLessThan(0.01);
});

test('an idle month counts what the template holds: alarms by metric, rules, polls and runs of schedules', () => {
  const lines = idleMonth(
    {
      Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } },
      Sum: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: { Metrics: [{ MetricStat: {} }, { MetricStat: {} }, { Expression: 'a+b' }] },
      },
      Wall: { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [{}, {}] } },
      Queue: { Type: 'AWS::Lambda::EventSourceMapping' },
      Sweep: { Type: 'AWS::Lambda::Function', Properties: { TracingConfig: { Mode: 'Active' } } },
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'rate(1 minute)',
          Targets: [{ Arn: { 'Fn::GetAtt': ['Sweep', 'Arn'] } }],
        },
      },
      Events: { Type: 'AWS::Events::Rule', Properties: { EventPattern: {} } },
    },
    new Map([['Sweep', { read: 2, write: 1 }]]),
  );
  const dollars = Object.fromEntries(lines.map((line) => [line.what, Number(line.dollars.toFixed(2))]));
  expect(dollars).toEqual({
    'polling of queues': 0.26,
    'metrics with alarms': 0.3,
    'firewalls and their rules': 7,
    'runs of schedules': 0.04,
    'reads and writes of schedules': 0.04,
    'traces of schedules': 0.22,
  });
});
