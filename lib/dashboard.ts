import { Duration } from 'aws-cdk-lib';
import type { Stage } from 'aws-cdk-lib/aws-apigateway';
import { Dashboard, GraphWidget, type IMetric, type IWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type QueueName, type WorkflowName, workflows } from '../core/contract/resources.ts';
import { functionErrors } from './function-errors.ts';
import { ownMetric, period, tableMetric } from './metrics.ts';
import type { QueueWithDeadLetters } from './queues.ts';
import type { Settings } from './settings.ts';
import type { Tables } from './tables.ts';

/** The resources that the dashboard shows. */
export interface Shown {
  api: Stage;
  /** The systems by name. */
  systems: readonly string[];
  tables: Tables;
  queues: Record<QueueName, QueueWithDeadLetters>;
  /** The queues that a system's workers consume. */
  queuesOf: (system: string) => QueueName[];
  machines: Readonly<Record<WorkflowName, StateMachine>>;
}

/** Four of them fill a row of the dashboard's 24 columns. */
const graph = (title: string, left: IMetric[], right: IMetric[] = []): IWidget =>
  new GraphWidget({ title, width: 6, left, right });

/** Calls, faults and latency of a system, which core/metrics.ts counts, and what fails and waits in it. */
function rowOf(system: string, { queues, queuesOf }: Shown, { stage }: Settings): IWidget[] {
  const metric = (metricName: string, statistic: string) =>
    ownMetric(stage, metricName, statistic, {
      dimensionsMap: { system },
      label: statistic === 'Sum' ? metricName : statistic,
    });
  const failed = functionErrors(stage, system).with({ label: 'failed runs' });
  const its = queuesOf(system).map((name) => ({ name, ...queues[name] }));
  const waiting = its.map(({ name, queue }) =>
    queue.metricApproximateNumberOfMessagesVisible({ period, label: name }),
  );
  const ages = its.map(({ name, queue }) =>
    queue.metricApproximateAgeOfOldestMessage({ period, label: `${name}: age in s` }),
  );
  const given = its.map(({ name, deadLetters }) =>
    deadLetters.metricApproximateNumberOfMessagesVisible({ period, label: `${name}: dead letters` }),
  );
  return [
    graph(`${system}: calls`, [metric('calls', 'Sum')]),
    graph(`${system}: latency in ms`, [metric('latency', 'p50'), metric('latency', 'p99')]),
    graph(`${system}: faults`, [metric('faults', 'Sum'), failed, ...given]),
    ...(its.length > 0 ? [graph(`${system}: messages waiting`, waiting, ages)] : []),
  ];
}

/** Executions of a workflow: those that run are those that were started and have not ended. */
const executionsOf = (name: WorkflowName, machine: StateMachine): IWidget =>
  graph(`${name}: executions`, [
    machine.metricStarted({ period, label: 'started' }),
    machine.metricSucceeded({ period, label: 'succeeded' }),
    machine.metricFailed({ period, label: 'failed' }),
    machine.metricTimedOut({ period, label: 'timed out' }),
  ]);

/** Units of all tables, by table: what the bill counts. */
function unitsOf(tables: Tables): IWidget[] {
  const metrics = (metricName: string) =>
    Object.entries(tables).map(([label, table]) => tableMetric(table, metricName, label));
  return [
    graph('Read units', metrics('ConsumedReadCapacityUnits')),
    graph('Write units', metrics('ConsumedWriteCapacityUnits')),
  ];
}

/** The dashboard that an operator opens first: what runs, fails, waits and costs, for each system. */
export function dashboard(scope: Construct, shown: Shown, settings: Settings): Dashboard {
  const { api, systems, tables, machines } = shown;
  return new Dashboard(scope, 'Dashboard', {
    defaultInterval: Duration.days(1),
    widgets: [
      [new TextWidget({ markdown: `Stage ${settings.stage}`, width: 24, height: 1 })],
      [
        graph('All calls', [api.metricCount({ period, statistic: 'Sum' })]),
        graph(
          'Latency in ms',
          ['p50', 'p99'].map((statistic) => api.metricLatency({ period, statistic, label: statistic })),
        ),
        graph('Errors', [
          api.metricClientError({ period, statistic: 'Sum', label: '4xx' }),
          api.metricServerError({ period, statistic: 'Sum', label: '5xx' }),
        ]),
      ],
      ...systems.map((system) => rowOf(system, shown, settings)),
      [...workflows.map((name) => executionsOf(name, machines[name])), ...unitsOf(tables)],
    ],
  });
}
