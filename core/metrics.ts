import { log } from './log.ts';

/**
 * Counts one answered call, in CloudWatch's Embedded Metric Format: one log line becomes the metrics, without an API call.
 * Source: the Embedded Metric Format specification. Dimensions are the endpoint alone, since each combination is billed.
 */
export function countCall(endpoint: string, status: number, milliseconds: number, requestId: string): void {
  log('info', 'answered', {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: 'Bulkhead',
          Dimensions: [['endpoint']],
          Metrics: [
            { Name: 'calls', Unit: 'Count' },
            { Name: 'faults', Unit: 'Count' },
            { Name: 'latency', Unit: 'Milliseconds' },
          ],
        },
      ],
    },
    endpoint,
    status,
    requestId,
    calls: 1,
    faults: status >= 500 ? 1 : 0,
    latency: milliseconds,
  });
}
