import { Duration } from 'aws-cdk-lib';
import type { Stage } from 'aws-cdk-lib/aws-apigateway';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type QueueName, type WorkflowName, workflows } from '../core/contract/resources.ts';
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
  alarms: readonly IAlarm[];
}

/** Height of the states of all alarms, which wrap, in the grid of a dashboard. */
const alarmRows = 4;

/** Four of them fill a row of the dashboard's 24 columns. */
const graph = (title: string, left: IMetric[], right: IMetric[] = []): IWidget =>
  new GraphWidget({ title, width: 6, left, right });

/** Calls, latency and faults of a system, which core/metrics.ts counts, and what waits in it. */
function rowOf(system: string, { queues, queuesOf }: Shown, { stage }: Settings): IWidget[] {
  const metric = (metricName: string, statistic: string, label = statistic) =>
    ownMetric(stage, metricName, statistic, { dimensionsMap: { system }, label });
  const waiting = queuesOf(system).map((name) =>
    queues[name].queue.metricApproximateNumberOfMessagesVisible({ period, label: name }),
  );
  return [
    graph(`${system}: calls`, [metric('latency', 'SampleCount', 'calls')]),
    graph(`${system}: latency in ms`, [metric('latency', 'p50'), metric('latency', 'p99')]),
    graph(`${system}: faults`, [metric('faults', 'Sum', 'faults')]),
    ...(waiting.length > 0 ? [graph(`${system}: messages waiting`, waiting)] : []),
  ];
}

/** Executions of a workflow: those that run are those that were started and have not ended. */
const executionsOf = (name: WorkflowName, machine: StateMachine): IWidget =>
  graph(`${name}: executions`, [
    machine.metricStarted({ period, label: 'started' }),
    machine.metricSucceeded({ period, label: 'succeeded' }),
  ]);

/** Write units of all tables, by table: most of what the bill counts. */
const unitsOf = (tables: Tables): IWidget =>
  graph(
    'Write units',
    Object.entries(tables).map(([label, table]) => tableMetric(table, 'ConsumedWriteCapacityUnits', label)),
  );

/**
 * The dashboard that an operator opens first: what runs, fails, waits and costs, for each system. It shows up
 * to 50 metrics, so that it is one of the three that are free in an account (CloudWatch pricing): what has an
 * alarm shows by the alarm's state, which leads to its graph.
 */
export function dashboard(scope: Construct, shown: Shown, settings: Settings): Dashboard {
  const { api, systems, tables, machines, alarms } = shown;
  return new Dashboard(scope, 'Dashboard', {
    defaultInterval: Duration.days(1),
    widgets: [
      [new TextWidget({ markdown: `Stage ${settings.stage}`, width: 24, height: 1 })],
      [
        graph('All calls', [api.metricLatency({ period, statistic: 'SampleCount', label: 'calls' })]),
        graph(
          'Latency in ms',
          ['p50', 'p99'].map((statistic) => api.metricLatency({ period, statistic, label: statistic })),
        ),
        graph('Errors', [
          api.metricClientError({ period, statistic: 'Sum', label: '4xx' }),
          api.metricServerError({ period, statistic: 'Sum', label: '5xx' }),
        ]),
      ],
      [new AlarmStatusWidget({ title: 'Alarms', width: 24, height: alarmRows, alarms: [...alarms] })],
      ...systems.map((system) => rowOf(system, shown, settings)),
      [...workflows.map((name) => executionsOf(name, machines[name])), unitsOf(tables)],
    ],
  });
}
