import { readSchedule } from '../../local/sources/schedule-expression.ts';
import { invocationDollars } from './money.ts';
import { hoursPerMonth, prices } from './prices.ts';

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
  readonly dollars: number;
}

/** Units of one run of each scheduled function, by its logical id. */
export type UnitsByFunction = ReadonlyMap<string, { read: number; write: number }>;

/**
 * Long polls of an idle event source mapping: Lambda keeps five connections open, each of which waits for 20
 * seconds ("Using Lambda with Amazon SQS", polling).
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

/** Metrics that an alarm looks at: its own, or those of its expression. */
const metricsOf = ({ Metrics }: Record<string, unknown> = {}): number =>
  Array.isArray(Metrics) ? Metrics.filter((metric: { MetricStat?: object }) => metric.MetricStat).length : 1;

/** What a month costs in which nobody calls, by what the template holds. */
export function idleMonth(resources: Resources, unitsOf: UnitsByFunction): IdleLine[] {
  const all = Object.values(resources).map(({ Type, Properties = {} }): Resource => ({ Type, Properties }));
  const of = (type: string) => all.filter(({ Type }) => Type === type);
  const line = (what: string, count: number, dollars: number): IdleLine => ({ what, count, dollars });
  const each = (what: string, type: string, price: number) => {
    const { length } = of(type);
    return line(what, length, length * price);
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
  const alarmed = of('AWS::CloudWatch::Alarm').reduce(
    (sum, { Properties }) => sum + metricsOf(Properties),
    0,
  );
  const acls = of('AWS::WAFv2::WebACL');
  const aclRules = acls.reduce((sum, { Properties }) => sum + ((Properties.Rules ?? []) as []).length, 0);
  const lines = [
    line('polling of queues', mappings, mappings * pollsPerMonth * prices.sqsRequest),
    line('metrics with alarms', alarmed, alarmed * prices.alarmMetric),
    line(
      'firewalls and their rules',
      acls.length + aclRules,
      acls.length * prices.webAcl + aclRules * prices.webAclRule,
    ),
    each('keys', 'AWS::KMS::Key', prices.kmsKey),
    each('secrets', 'AWS::SecretsManager::Secret', prices.secret),
    line('runs of schedules', runs, invocationDollars(runs)),
    line(
      'reads and writes of schedules',
      runs,
      unitDollars.reduce((sum, dollars) => sum + dollars, 0),
    ),
    line('traces of schedules', isTraced ? runs : 0, isTraced ? runs * prices.trace : 0),
  ];
  return lines.filter(({ count }) => count > 0);
}
