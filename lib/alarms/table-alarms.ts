import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { ownMetric, period } from '../metrics.ts';
import type { AlarmProps } from './alarm.ts';

/** Requests that DynamoDB may throttle in a period: a burst of one tenant's is repeated and gets through. */
const throttledRequestsMax = 100;

/** Alarms of the tables of a stage. */
export const tableAlarms = (stage: string): AlarmProps[] => [
  {
    name: 'TablesThrottled',
    // Functions count it (core/dynamo/dynamo-store.ts). DynamoDB's own metrics are two for each table, and an
    // alarm is billed by its metrics; this one costs nothing more while nothing is throttled.
    metric: ownMetric(stage, 'throttledRequests', 'Sum'),
    threshold: throttledRequestsMax,
    periods: 3,
    hurt: 'Callers and workers wait or get 503: requests to a table are throttled for a quarter of an hour.',
    runbook: 'Throttled tables',
  },
  {
    name: 'TableErrors',
    metric: new MathExpression({
      label: 'errors of DynamoDB',
      // Its metrics have a dimension for each operation, too many for one alarm by name. DynamoDB fails by
      // Region, so the tables of all stages are as good a sign. A query is billed by the metrics that it
      // finds, and DynamoDB sends none of these while it does not fail.
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
