import { log } from './log.ts';

/** The CloudWatch namespace of a stage's metrics, so that stages may share an account. */
export const namespaceOf = (stage: string): string => `Bulkhead/${stage}`;

const namespace = process.env.METRICS_NAMESPACE ?? 'Bulkhead';
const system = process.env.METRICS_SYSTEM ?? 'ops';

/**
 * Counts one answered call in CloudWatch's Embedded Metric Format: a log line that becomes metrics without an
 * API call (Embedded Metric Format specification). The system is the only dimension, since each combination
 * is billed; the endpoint is a field of the line, by which a query of the log tells them apart. The number of
 * calls is that of the samples of `latency`.
 */
export function countCall(endpoint: string, status: number, milliseconds: number, requestId: string): void {
  log('info', 'answered', {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [['system']],
          Metrics: [
            { Name: 'faults', Unit: 'Count' },
            { Name: 'latency', Unit: 'Milliseconds' },
          ],
        },
      ],
    },
    system,
    endpoint,
    status,
    requestId,
    faults: status >= 500 ? 1 : 0,
    latency: milliseconds,
  });
}

/** Records a value of a metric of the whole stack, which has no dimensions. */
export function measure(name: string, unit: 'Count' | 'Milliseconds', value: number): void {
  log('info', 'measured', {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[]], Metrics: [{ Name: name, Unit: unit }] }],
    },
    [name]: value,
  });
}
