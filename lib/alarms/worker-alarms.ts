import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { WorkflowName } from '../../core/contract/resources.ts';
import { functionErrors } from '../function-errors.ts';
import { period } from '../metrics.ts';
import type { QueueWithDeadLetters } from '../queues.ts';
import type { AlarmProps } from './alarm.ts';

/** A worker that a schedule runs. */
export interface ScheduledWorker {
  system: string;
  name: string;
  fn: LambdaFunction;
}

/**
 * The alarm of a schedule: every run of a period failed, or none was started, since it was throttled or
 * turned off. Lambda counts 0 errors of a run that succeeds, so the minimum is 0 if one did.
 */
export const scheduleAlarm = ({ system, name, fn }: ScheduledWorker): AlarmProps => ({
  name: `${system}-${name}-Schedule`,
  metric: fn.metricErrors({ statistic: 'Minimum', period }),
  threshold: 0,
  tellsNoData: true,
  // One failed run does no harm: a quarter of an hour is longer than most outages of what it needs.
  periods: 3,
  hurt: `Each run of ${system}.${name} failed for a quarter of an hour, in part or as a whole: some of what it looks after waits.`,
  runbook: 'Scheduled workers',
});

/**
 * The alarm of a system's functions that fail again and again, also by a timeout or a crash, which
 * lib/function-errors.ts finds in their log.
 */
export const functionAlarm = (stage: string, system: string): AlarmProps => ({
  name: `${system}-Errors`,
  metric: functionErrors(stage, system),
  threshold: 0,
  // A queue delivers again after six minutes: one failed message does not fill three periods.
  periods: 3,
  hurt: `Functions of ${system} fail or are cut off again and again: some of its work is late.`,
  runbook: 'Failing functions',
});

/** The alarms of a queue: what was given up, and what waits. */
export const queueAlarms = (name: string, { queue, deadLetters }: QueueWithDeadLetters): AlarmProps[] => [
  {
    name: `${name}DeadLetters`,
    metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
    threshold: 0,
    hurt: `Messages of ${name} failed repeatedly: their work waits until you redrive them.`,
    runbook: 'Dead letters',
  },
  {
    name: `${name}Age`,
    metric: queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' }),
    // Seconds: twice the longest delay that a message may be sent with, fifteen minutes.
    threshold: 1_800,
    hurt: `Messages of ${name} wait for more than half an hour: their work is late.`,
    runbook: 'Queue age',
  },
];

/**
 * The people affected when an execution of a workflow stops in the middle. Its work is on record, and a sweep
 * begins it again.
 */
const hurtBy: Record<WorkflowName, string> = {
  clinikoSync: 'A sync with Cliniko stopped in the middle: its organisation waits, or sees it as failed.',
  webhookDelivery: 'A message to a webhook is late: its receiver has not got it yet.',
};

/** The alarm of a workflow whose executions end without their last step. */
export const workflowAlarm = (name: WorkflowName, machine: StateMachine): AlarmProps => ({
  name: `${name}Failures`,
  metric: new MathExpression({
    expression: 'failed + timedOut',
    usingMetrics: { failed: machine.metricFailed(), timedOut: machine.metricTimedOut() },
    period,
  }),
  threshold: 0,
  hurt: hurtBy[name],
  runbook: 'Workflows',
});
