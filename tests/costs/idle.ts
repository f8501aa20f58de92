import { readSchedule } from '../../local/sources/schedule-expression.ts';
import { invocationDollars } from './money.ts';
import { allowances, billedMs, hoursPerMonth, logBytesPerRun, prices } from './prices.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** The resources of a synthesised template, by logical id. */
export type Resources = Readonly<Record<string, Pick<Resource, 'Type'> & Partial<Resource>>>;

/** A line of an idle month: what it is, how many there are, and what they cost. */
export interface IdleLine {
  readonly what: string;
  readonly count: number;
  /** By list prices. */
  readonly dollars: number;
  /** The same in an account whose allowances nothing else uses. */
  readonly dollarsBeyondFree: number;
}

/** Units of one run of each scheduled function, by its logical id. */
export type UnitsByFunction = ReadonlyMap<string, { read: number; write: number }>;

/**
 * Long polls of an idle event source mapping: Lambda begins with five connections to a standard queue (AWS
 * Compute Blog, "Understanding how AWS Lambda scales with Amazon SQS standard queues") and keeps them while
 * nothing comes. Each waits for 20 seconds, the longest that SQS allows, and is billed as a request.
 */
const pollsPerMonth = (5 * 3_600 * hoursPerMonth) / 20;

/** Runs after which the pauses between them are known. */
const runsLookedAt = 100;

/** Runs of a schedule in a month, by the pauses between its next ones; none of one that never runs twice. */
export function runsPerMonth(expression: string): number {
  const cron = readSchedule('a rule', expression, 'UTC', () => undefined);
  const times = cron.nextRuns(runsLookedAt).map((time) => time.getTime());
  cron.stop();
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || times.length < 2) return 0;
  return Math.round((hoursPerMonth * 3_600_000) / ((last - first) / (times.length - 1)));
}

interface TargetArn {
  readonly Arn?: { readonly 'Fn::GetAtt'?: readonly [string, string] };
}

/** A schedule of a template: its expression, and the logical ids of the functions that it runs. */
function scheduleOf({ Type, Properties }: Resource): { expression: string; targets: string[] }[] {
  const { ScheduleExpression, Targets = [], Target } = Properties;
  if (typeof ScheduleExpression !== 'string') return [];
  const targets = Type === 'AWS::Scheduler::Schedule' ? [Target] : (Targets as unknown[]);
  const ids = (targets as TargetArn[]).flatMap(({ Arn }) => Arn?.['Fn::GetAtt']?.[0] ?? []);
  return [{ expression: ScheduleExpression, targets: ids }];
}

interface MetricOfAlarm {
  readonly MetricStat?: object;
}

/** Metrics that an alarm names: its own, or those of its expression; none if it is a query. */
const metricsNamed = ({ Metrics }: Resource['Properties']): number =>
  Array.isArray(Metrics) ? Metrics.filter((metric: MetricOfAlarm) => metric.MetricStat).length : 1;

/** Different metrics that a dashboard shows, by namespace, name and dimensions. */
function metricsShown({ DashboardBody }: Resource['Properties']): number {
  // Tokens cut the JSON into parts; what stands in their place does not matter here.
  const parts = (DashboardBody as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join']?.[1] ?? [
    DashboardBody ?? '{}',
  ];
  const text = parts
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part).replaceAll('"', "'")))
    .join('');
  const { widgets = [] }: { widgets?: { properties: { metrics?: unknown[][] } }[] } = JSON.parse(text);
  const names = widgets.flatMap(({ properties: { metrics = [] } }) =>
    metrics.map((metric) => JSON.stringify(metric.filter((part) => typeof part === 'string'))),
  );
  return new Set(names).size;
}

/** Dollars for a count, by list price and beyond what is free. */
const priced = (count: number, price: number, free = 0) => ({
  dollars: count * price,
  dollarsBeyondFree: Math.max(0, count - free) * price,
});

/** What a month costs in which nobody calls, by what the template holds. */
export function idleMonth(resources: Resources, unitsOf: UnitsByFunction): IdleLine[] {
  const all = Object.values(resources).map(({ Type, Properties = {} }): Resource => ({ Type, Properties }));
  const of = (type: string) => all.filter(({ Type }) => Type === type);
  const each = (what: string, type: string, price: number): IdleLine => {
    const { length } = of(type);
    return { what, count: length, ...priced(length, price) };
  };
  const schedules = [...of('AWS::Events::Rule'), ...of('AWS::Scheduler::Schedule')]
    .flatMap(scheduleOf)
    .map(({ expression, targets }) => ({ runs: runsPerMonth(expression), targets }));
  const runs = schedules.reduce((sum, one) => sum + one.runs * one.targets.length, 0);
  const unitDollars = schedules.flatMap((one) =>
    one.targets.map((target) => {
      const { read = 0, write = 0 } = unitsOf.get(target) ?? {};
      return one.runs * (read * prices.readUnit + write * prices.writeUnit);
    }),
  );
  const isTraced = of('AWS::Lambda::Function').some(
    ({ Properties }) => (Properties.TracingConfig as { Mode?: string } | undefined)?.Mode === 'Active',
  );
  const mappings = of('AWS::Lambda::EventSourceMapping').length;
  const alarms = of('AWS::CloudWatch::Alarm').map(({ Properties }) => metricsNamed(Properties));
  const named = alarms.reduce((sum, metrics) => sum + metrics, 0);
  const queries = alarms.filter((metrics) => metrics === 0).length;
  const dashboards = of('AWS::CloudWatch::Dashboard');
  const smallDashboards = dashboards.filter(
    ({ Properties }) => metricsShown(Properties) <= allowances.dashboardMetricsMax,
  ).length;
  const acls = of('AWS::WAFv2::WebACL');
  const aclRules = acls.reduce((sum, { Properties }) => sum + ((Properties.Rules ?? []) as []).length, 0);
  const aclDollars = acls.length * prices.webAcl + aclRules * prices.webAclRule;
  const unitsDollars = unitDollars.reduce((sum, dollars) => sum + dollars, 0);
  const isFree = runs <= allowances.invocations && (runs * billedMs) / 1_000 <= allowances.gbSeconds;
  const lines: IdleLine[] = [
    {
      what: 'polling of queues',
      count: mappings,
      ...priced(mappings * pollsPerMonth, prices.sqsRequest, allowances.sqsRequests),
    },
    {
      what: 'metrics with alarms',
      count: named,
      ...priced(named, prices.alarmMetric, allowances.alarmMetrics),
    },
    // At most: DynamoDB's query finds no metric while DynamoDB does not fail.
    { what: 'alarms by a query', count: queries, ...priced(queries, prices.alarmMetric) },
    {
      what: 'dashboards',
      count: dashboards.length,
      ...priced(dashboards.length, prices.dashboard, Math.min(smallDashboards, allowances.dashboards)),
    },
    {
      what: 'firewalls and their rules',
      count: acls.length + aclRules,
      ...{ dollars: aclDollars, dollarsBeyondFree: aclDollars },
    },
    each('keys', 'AWS::KMS::Key', prices.kmsKey),
    each('secrets', 'AWS::SecretsManager::Secret', prices.secret),
    {
      what: 'runs of schedules',
      count: runs,
      dollars: invocationDollars(runs),
      dollarsBeyondFree: isFree ? 0 : invocationDollars(runs),
    },
    {
      what: 'reads and writes of schedules',
      count: runs,
      ...{ dollars: unitsDollars, dollarsBeyondFree: unitsDollars },
    },
    {
      what: 'log lines of schedules',
      count: runs,
      ...priced((runs * logBytesPerRun) / 1e9, prices.logGb, allowances.logGb),
    },
    {
      what: 'traces of schedules',
      count: isTraced ? runs : 0,
      ...priced(isTraced ? runs : 0, prices.trace, allowances.traces),
    },
  ];
  return lines.filter(({ count }) => count > 0);
}
