import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type LogGroup } from 'aws-cdk-lib/aws-logs';
import { namespaceOf } from '../core/metrics.ts';
import { ownMetric } from './metrics.ts';
import type { Settings } from './settings.ts';

/**
 * What a log has when an invocation failed: our own line for a worker, and those of Lambda's runtime for a
 * function that timed out, crashed, ran out of memory or could not be loaded (Lambda developer guide, Node.js
 * errors and logging). What an endpoint answers with 5xx, API Gateway counts.
 */
const signs = [
  '"worker failed"',
  'Task timed out',
  'Runtime exited',
  'Invoke Error',
  'Uncaught Exception',
  'Unhandled Promise Rejection',
];

const metricName = (system: string): string => `${system}FunctionErrors`;

/** The failed invocations of a system, as `countFunctionErrors` counts them. */
export const functionErrors = (stage: string, system: string): Metric =>
  ownMetric(stage, metricName(system), 'Sum');

/**
 * Counts the failed invocations of a system by its log, as the metric `<system>FunctionErrors` of the stage:
 * Lambda's own metrics are by function, of which an alarm takes ten. It costs nothing while nothing fails.
 */
export function countFunctionErrors(logs: LogGroup, system: string, { stage }: Settings): void {
  logs.addMetricFilter('Errors', {
    filterPattern: FilterPattern.anyTerm(...signs),
    metricNamespace: namespaceOf(stage),
    metricName: metricName(system),
  });
}
