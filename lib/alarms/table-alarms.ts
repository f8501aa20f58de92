import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { tables } from '../../core/contract/resources.ts';
import { period, tableMetric } from '../metrics.ts';
import type { Tables } from '../tables.ts';
import type { AlarmProps } from './alarm.ts';

/** The most metrics of one alarm (CloudWatch quotas, "Alarms based on metric math"). */
const metricsPerAlarmMax = 10;

/**
 * Requests for items that were throttled in a period, before it counts: a burst of one tenant's is repeated
 * and gets through.
 */
const throttledRequestsMax = 100;

const kinds = ['Read', 'Write'] as const;

/** Alarms of throttled tables: for each kind one for as many tables as an alarm takes. */
export function tableAlarms(named: Tables): AlarmProps[] {
  const groups = Array.from({ length: Math.ceil(tables.length / metricsPerAlarmMax) }, (_, n) =>
    tables.slice(n * metricsPerAlarmMax, (n + 1) * metricsPerAlarmMax),
  );
  return [
    ...kinds.flatMap((kind) =>
      groups.map(
        (group, n): AlarmProps => ({
          name: `${kind}sThrottled${n || ''}`,
          metric: new MathExpression({
            label: 'throttled requests',
            expression: `SUM([${group.map((name) => `FILL(${name}, 0)`).join(', ')}])`,
            usingMetrics: Object.fromEntries(
              group.map((name) => [name, tableMetric(named[name], `${kind}ThrottleEvents`)]),
            ),
            period,
          }),
          threshold: throttledRequestsMax,
          periods: 3,
          hurt: `Callers and workers wait or get 503: ${kind.toLowerCase()}s of a table are throttled for a quarter of an hour.`,
          runbook: 'Throttled tables',
        }),
      ),
    ),
    {
      name: 'TableErrors',
      metric: new MathExpression({
        label: 'errors of DynamoDB',
        // Its metrics have a dimension for each operation, too many for one alarm by name. DynamoDB fails by
        // Region, so the tables of all stages are as good a sign, and one query is one metric of the bill.
        expression: 'SELECT SUM(SystemErrors) FROM SCHEMA("AWS/DynamoDB", Operation, TableName)',
        usingMetrics: {},
        period,
      }),
      threshold: 10,
      periods: 3,
      hurt: 'Callers get 503 and workers repeat: DynamoDB itself fails in this Region.',
      runbook: 'Errors of DynamoDB',
    },
  ];
}
