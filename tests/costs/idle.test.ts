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

/** A dashboard as CDK writes it, with a token in each of its metrics. */
const dashboard = (metrics: number) => {
  const shown = Array.from({ length: metrics }, (_, n) => [
    `${n > 0 ? ',' : ''}["AWS/SQS","Sent${n}","QueueName","`,
    { 'Fn::GetAtt': ['Queue', 'QueueName'] },
    '",{"stat":"Sum"}]',
  ]);
  const parts = ['{"widgets":[{"properties":{"metrics":[', ...shown.flat(), ']}}]}'];
  return {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: { DashboardBody: { 'Fn::Join': ['', parts] } },
  };
};

const alarms = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `Alarm${n}`,
      { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } },
    ]),
  );

const resources = {
  ...alarms(10),
  Sum: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { Metrics: [{ MetricStat: {} }, { MetricStat: {} }, { Expression: 'a+b' }] },
  },
  Query: { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [{ Expression: 'SELECT …' }] } },
  Small: dashboard(50),
  Large: dashboard(51),
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
};
const lines = idleMonth(resources, new Map([['Sweep', { read: 2, write: 1 }]]));
const rounded = (part: 'dollars' | 'dollarsBeyondFree') =>
  Object.fromEntries(lines.map((line) => [line.what, Number(line[part].toFixed(2))]));

test('an idle month counts what the template holds: alarms by metric, rules, polls and runs of schedules', () => {
  expect(rounded('dollars')).toEqual({
    'polling of queues': 0.26,
    'metrics with alarms': 1.2,
    'alarms by a query': 0.1,
    dashboards: 6,
    'firewalls and their rules': 7,
    'runs of schedules': 0.04,
    'reads and writes of schedules': 0.04,
    'log lines of schedules': 0.02,
    'traces of schedules': 0.22,
  });
});

test('what is free is taken off once: not of queries, and not of dashboards with more than 50 metrics', () => {
  expect(rounded('dollarsBeyondFree')).toEqual({
    'polling of queues': 0,
    'metrics with alarms': 0.2,
    'alarms by a query': 0.1,
    dashboards: 3,
    'firewalls and their rules': 7,
    'runs of schedules': 0,
    'reads and writes of schedules': 0.04,
    'log lines of schedules': 0,
    'traces of schedules': 0,
  });
});
