import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricProps } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { namespaceOf } from '../core/metrics.ts';

/** The period of all alarms and graphs. */
export const period = Duration.minutes(5);

/** A metric of the stage that core/metrics.ts or a metric filter writes; without dimensions by default. */
export const ownMetric = (
  stage: string,
  metricName: string,
  statistic: string,
  more: Pick<MetricProps, 'dimensionsMap' | 'label'> = {},
): Metric => new Metric({ namespace: namespaceOf(stage), metricName, period, statistic, ...more });

/**
 * The sum of a metric of a table. CDK's own metric of a table names account and Region
 * besides, which makes a dashboard longer.
 */
export const tableMetric = ({ tableName }: ITableV2, metricName: string, label?: string): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName: tableName },
    period,
    statistic: 'Sum',
    ...(label ? { label } : {}),
  });
