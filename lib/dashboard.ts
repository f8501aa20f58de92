import { Duration } from 'aws-cdk-lib';
import type { SpecRestApi } from 'aws-cdk-lib/aws-apigateway';
import { Dashboard, GraphWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { QueueWithDeadLetters } from './queues.ts';

/** The dashboard that an operator opens first: calls, errors, latency, and the depth of each queue. */
export function dashboard(
  scope: Construct,
  api: SpecRestApi,
  queues: Record<string, QueueWithDeadLetters>,
): Dashboard {
  const period = Duration.minutes(1);
  const pairs = Object.values(queues);
  return new Dashboard(scope, 'Dashboard', {
    widgets: [
      [
        new GraphWidget({
          title: 'Calls and errors',
          width: 12,
          left: [
            api.metricCount({ period }),
            api.metricClientError({ period }),
            api.metricServerError({ period }),
          ],
        }),
        new GraphWidget({
          title: 'Latency',
          width: 12,
          left: ['p50', 'p90', 'p99'].map((statistic) =>
            api.metricLatency({ period, statistic, label: statistic }),
          ),
        }),
      ],
      [
        new GraphWidget({
          title: 'Messages waiting',
          width: 12,
          left: pairs.map(({ queue }) => queue.metricApproximateNumberOfMessagesVisible({ period })),
        }),
        new GraphWidget({
          title: 'Dead letters',
          width: 12,
          left: pairs.map(({ deadLetters }) =>
            deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
          ),
        }),
      ],
    ],
  });
}
