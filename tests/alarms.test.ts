import { describe, expect, test } from 'vitest';
import { tables } from '../core/contract/resources.ts';
import { endpoints } from '../functions/index.ts';
import { idleMonth, type Resources } from './costs/idle.ts';
import { synthesise } from './synthesise.ts';

interface MetricOf {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
}
interface Alarm extends Partial<MetricOf> {
  Metrics?: { Expression?: string; MetricStat?: { Metric: MetricOf } }[];
}
interface MetricFilter {
  FilterPattern: string;
  MetricTransformations: { MetricName: string; MetricNamespace: string }[];
}

const { template } = await synthesise('prod', { alarmEmail: 'operators@example.com' });
const systems = Object.keys(endpoints);
const propertiesOf = <P>(type: string): P[] =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties);
const alarms = propertiesOf<Alarm>('AWS::CloudWatch::Alarm');

/** What an alarm is billed for: each metric that it names, or its one query. */
const metricsOf = ({ Metrics, Namespace, MetricName, Dimensions }: Alarm): MetricOf[] =>
  Namespace && MetricName
    ? [{ Namespace, MetricName, ...(Dimensions ? { Dimensions } : {}) }]
    : (Metrics ?? []).flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []));

const dimensionsOf = ({ Dimensions = [] }: MetricOf) =>
  Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));

test('watches one stage of one API, so that two stages, or another API, are never one sum', () => {
  const [{ Name, Body } = { Name: '', Body: { info: { title: '' } } }] = propertiesOf<{
    Name: string;
    Body: { info: { title: string } };
  }>('AWS::ApiGateway::RestApi');
  expect([Name, Body.info.title]).toEqual(['bulkhead-prod', 'bulkhead-prod']);
  const ofApi = alarms.flatMap(metricsOf).filter(({ Namespace }) => Namespace === 'AWS/ApiGateway');
  expect(ofApi.length).toBeGreaterThan(1);
  for (const metric of ofApi)
    expect(dimensionsOf(metric)).toMatchObject({ ApiName: Name, Stage: expect.anything() });
  const own = alarms.flatMap(metricsOf).filter(({ Namespace }) => !Namespace.startsWith('AWS/'));
  expect(new Set(own.map(({ Namespace }) => Namespace))).toEqual(new Set(['Bulkhead/prod']));
});

test('has alarms for at most 4.50 dollars a month, none of more metrics than CloudWatch takes', () => {
  const counts = alarms.map((alarm) => metricsOf(alarm).length || 1);
  expect(Math.max(...counts)).toBeLessThanOrEqual(10);
  // $0.10 for each metric (CloudWatch pricing).
  expect(0.1 * counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(4.5);
});

test('tells of throttled tables by what functions count, with one metric for all tables', () => {
  const watched = alarms.flatMap(metricsOf).filter(({ MetricName }) => MetricName === 'throttledRequests');
  expect(watched).toEqual([{ Namespace: 'Bulkhead/prod', MetricName: 'throttledRequests' }]);
});

test('lets CloudWatch, of this account alone, publish to the topic of the alarms', () => {
  const policies = propertiesOf<{
    PolicyDocument: { Statement: { Effect: string }[] };
    Topics: { Ref: string }[];
  }>('AWS::SNS::TopicPolicy');
  const topics = new Set(
    propertiesOf<{ AlarmActions: { Ref: string }[] }>('AWS::CloudWatch::Alarm').flatMap(({ AlarmActions }) =>
      AlarmActions.map(({ Ref }) => Ref),
    ),
  );
  expect(topics.size).toBe(1);
  // A policy of a topic takes the place of the default one, so one that only denies would silence all alarms.
  const its = policies.filter(({ Topics }) => Topics.some(({ Ref }) => topics.has(Ref)));
  const statements = its.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  expect(statements.filter((statement) => statement.Effect === 'Allow')).toMatchObject([
    {
      Action: 'sns:Publish',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      Resource: { Ref: [...topics][0] },
    },
  ]);
});

test('has alarms and a dashboard where data is kept, or where the setting says so, and none elsewhere', async () => {
  const watching = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::SNS::Subscription'];
  const counts = async (stage: string, settings: object) => {
    const { template: its } = await synthesise(stage, { alarmEmail: 'operators@example.com', ...settings });
    return watching.map((type) => Object.keys(its.findResources(type)).length);
  };
  const [many] = await counts('prod', {});
  expect(many).toBe(alarms.length);
  expect(await counts('dev', { alarms: true })).toEqual([alarms.length - 1, 1, 1]);
  expect(await counts('dev', {})).toEqual([0, 0, 0]);
  expect(await counts('prod', { alarms: false })).toEqual([0, 0, 0]);
}, 120_000);

test('needs one KMS key, that of sealed values', () => {
  expect(Object.keys(template.findResources('AWS::KMS::Key'))).toEqual(['SealingKey98C9818D']);
});

test('tells what the firewall blocks only where it is on', async () => {
  const blocked = alarms.flatMap(metricsOf).filter(({ Namespace }) => Namespace === 'AWS/WAFV2');
  const [acl] = propertiesOf<{ VisibilityConfig: { MetricName: string } }>('AWS::WAFv2::WebACL');
  expect(blocked).toHaveLength(1);
  expect(blocked.map(dimensionsOf)).toMatchObject([
    { WebACL: acl?.VisibilityConfig.MetricName, Rule: 'ALL' },
  ]);
  const dev = await synthesise('dev');
  expect(JSON.stringify(dev.template.toJSON())).not.toContain('AWS/WAFV2');
}, 120_000);

describe('counts failed runs by the log of each system', () => {
  const filters = propertiesOf<MetricFilter>('AWS::Logs::MetricFilter');

  test('with an alarm for each', () => {
    const counted = filters.flatMap(({ MetricTransformations }) =>
      MetricTransformations.map(({ MetricName, MetricNamespace }) => `${MetricNamespace} ${MetricName}`),
    );
    expect(counted.toSorted()).toEqual(
      systems.map((name) => `Bulkhead/prod ${name}FunctionErrors`).toSorted(),
    );
    const watched = alarms
      .flatMap(metricsOf)
      .map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`);
    for (const metric of counted) expect(watched).toContain(metric);
  });

  /** The terms of a pattern `?"one" ?"another"`, any of which matches (filter pattern syntax, "OR"). */
  const matches = ({ FilterPattern }: MetricFilter, line: string): boolean =>
    [...FilterPattern.matchAll(/\?("(?:[^"\\]|\\.)*")/g)].some(([, term = '""']) =>
      line.includes(JSON.parse(term)),
    );

  // The formats of Lambda's lines: developer guide, "Log and monitor Node.js Lambda functions".
  test.each([
    [
      'a worker that failed',
      '2026-11-30T06:00:00.000Z\tb1\tERROR\t{"level":"error","message":"worker failed","at":"x"}',
    ],
    ['a run that was cut off', '2026-11-30T06:01:00.000Z b1 Task timed out after 60.06 seconds'],
    ['a run without memory', 'RequestId: b1 Error: Runtime exited with error: signal: killed'],
    [
      'a function that cannot be loaded',
      '2026-11-30T06:00:00.000Z\tundefined\tERROR\tUncaught Exception \t{"errorType":"Runtime.ImportModuleError"}',
    ],
    ['an error of the handler', '2026-11-30T06:00:00.000Z\tb1\tERROR\tInvoke Error \t{"errorType":"Error"}'],
  ])('%s', (_, line) => {
    for (const filter of filters) expect(matches(filter, line)).toBe(true);
  });

  test.each([
    'REPORT RequestId: b1 Duration: 12.44 ms Billed Duration: 13 ms Memory Size: 1024 MB Max Memory Used: 110 MB',
    '2026-11-30T06:00:00.000Z\tb1\tINFO\t{"level":"info","message":"answered","endpoint":"GET /health","faults":0}',
    '2026-11-30T06:00:00.000Z\tb1\tWARN\t{"level":"warn","message":"resent messages of admin batches","sent":2}',
  ])('and nothing else: %s', (line) => {
    for (const filter of filters) expect(matches(filter, line)).toBe(false);
  });
});

describe('shows on one dashboard', () => {
  const [{ DashboardBody } = { DashboardBody: {} }] = propertiesOf<{ DashboardBody: unknown }>(
    'AWS::CloudWatch::Dashboard',
  );
  const body = JSON.stringify(DashboardBody);

  test('what runs, fails, waits and costs in each system and table', () => {
    for (const system of systems)
      for (const title of ['calls', 'latency in ms', 'faults']) expect(body).toContain(`${system}: ${title}`);
    for (const system of ['patients', 'messaging', 'content', 'admin'])
      expect(body).toContain(`${system}: messages waiting`);
    for (const id of Object.keys(template.findResources('AWS::DynamoDB::GlobalTable')))
      expect(body).toContain(id);
    for (const table of tables) expect(body).toContain(`\\"label\\":\\"${table}\\"`);
    expect(body).toContain('bulkhead-prod');
  });

  test('the state of every alarm', () => {
    for (const id of Object.keys(template.findResources('AWS::CloudWatch::Alarm')))
      expect(body).toContain(id);
  });

  test('no more than the 50 metrics of a free one', () => {
    const [line] = idleMonth(template.findResources('AWS::CloudWatch::Dashboard') as Resources, new Map());
    expect(line).toMatchObject({ what: 'dashboards', dollarsBeyondFree: 0 });
  });
});

test('traces nothing, since no client is instrumented, and counts no call a second time', () => {
  const text = JSON.stringify(template.toJSON());
  expect(text).not.toContain('xray:');
  expect(text).not.toContain('"Mode":"Active"');
  for (const stage of propertiesOf('AWS::ApiGateway::Stage'))
    expect(stage).toMatchObject({ TracingEnabled: false, MethodSettings: [{ MetricsEnabled: false }] });
});
