import { Duration } from 'aws-cdk-lib';
import type { SpecRestApi } from 'aws-cdk-lib/aws-apigateway';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type WorkflowName, workflows } from '../core/contract/resources.ts';
import { namespaceOf } from '../core/metrics.ts';
import type { QueueWithDeadLetters } from './queues.ts';
import type { Settings } from './settings.ts';

/** A worker that a schedule runs. */
export interface ScheduledWorker {
  system: string;
  name: string;
  fn: LambdaFunction;
}

/** The resources that alarms watch. */
export interface Watched {
  api: SpecRestApi;
  queues: Record<string, QueueWithDeadLetters>;
  machines: Readonly<Record<WorkflowName, StateMachine>>;
  scheduled: readonly ScheduledWorker[];
}

interface AlarmProps {
  metric: IMetric;
  /** The wrong side of the threshold: `above` by default, where no data is right. Below, no data is wrong. */
  comparison?: 'above' | 'below';
  threshold: number;
  /** Periods in a row that must be wrong; one by default. */
  periods?: number;
  /** One sentence: who is hurt. */
  hurt: string;
  /** The paragraph of docs/operating.md that says what to do. */
  runbook: string;
}

const fiveMinutes = Duration.minutes(5);

/**
 * The people affected when an execution of a workflow stops in the middle. Its work is on record, and a sweep
 * begins it again.
 */
const hurtBy: Record<WorkflowName, string> = {
  clinikoSync: 'A sync with Cliniko stopped in the middle: its organisation waits, or sees it as failed.',
  webhookDelivery: 'A message to a webhook is late: its receiver has not got it yet.',
};

/**
 * Few alarms, each worth waking up for. Its description says who is hurt, and names the paragraph of
 * docs/operating.md that says what to do.
 */
export class Alarms extends Construct {
  readonly #notify: SnsAction | undefined;

  constructor(
    scope: Construct,
    id: string,
    { api, queues, machines, scheduled }: Watched,
    settings: Settings,
  ) {
    super(scope, id);
    const { alarmEmail, stage } = settings;
    this.#notify = alarmEmail ? new SnsAction(this.#topic(alarmEmail)) : undefined;
    this.#add('ServerErrors', {
      metric: api.metricServerError({ period: fiveMinutes, statistic: 'Sum' }),
      threshold: 0,
      hurt: 'Callers get 5xx: their work was not done, and they may retry.',
      runbook: 'Server errors',
    });
    this.#add('Slow', {
      metric: api.metricLatency({ period: fiveMinutes, statistic: 'p99' }),
      // Milliseconds: 80 % of the 29 seconds after which the gateway gives up.
      threshold: 23_000,
      hurt: 'One caller in a hundred waits almost until the gateway’s timeout.',
      runbook: 'Slow answers',
    });
    this.#add('Throttles', {
      // Without dimensions it sums over the account's functions in this Region, which share one limit.
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'Throttles',
        period: fiveMinutes,
        statistic: 'Sum',
      }),
      threshold: 0,
      hurt: 'Callers are rejected and workers wait: the account has no free Lambda capacity.',
      runbook: 'Throttling',
    });
    this.#add('StuckOnChain', {
      metric: new Metric({
        namespace: namespaceOf(stage),
        metricName: 'chainWait',
        period: fiveMinutes,
        statistic: 'Maximum',
      }),
      // Half an hour: fees are raised after five minutes, and a busy chain takes a few rounds of that.
      threshold: 30 * 60_000,
      hurt: 'Creators’ prices are not mined: their batches stay in processing.',
      runbook: 'Stuck on the chain',
    });
    this.#add('UnconfirmedOnChain', {
      metric: new Metric({
        namespace: namespaceOf(stage),
        metricName: 'chainConfirmingWait',
        period: fiveMinutes,
        statistic: 'Maximum',
      }),
      // Half an hour for each burn block, which takes ten minutes on most days.
      threshold: settings.stacks.confirmations * 30 * 60_000,
      hurt: 'Creators’ prices are in a block and get no confirmations: their batches stay in processing.',
      runbook: 'Unconfirmed on the chain',
    });
    this.#add('ForkedChain', {
      metric: new Metric({
        namespace: namespaceOf(stage),
        metricName: 'chainForked',
        period: fiveMinutes,
        statistic: 'Sum',
      }),
      threshold: 0,
      hurt: 'The chain took prices back: they are sent again, or an operator has to say so.',
      runbook: 'Taken back by a fork',
    });
    for (const { system, name, fn } of scheduled) {
      const [invocations, errors] = [fn.metricInvocations(), fn.metricErrors()];
      this.#add(`${system}-${name}-Schedule`, {
        // Counts what never started, too: a run that was throttled, or a schedule that was turned off.
        metric: new MathExpression({
          label: 'runs without an error',
          expression: 'invocations - errors',
          usingMetrics: { invocations, errors },
          period: fiveMinutes,
        }),
        comparison: 'below',
        threshold: 1,
        // One failed run does no harm: a quarter of an hour is longer than most outages of what it needs.
        periods: 3,
        hurt: `Each run of ${system}.${name} failed for a quarter of an hour, in part or as a whole: some of what it looks after waits.`,
        runbook: 'Scheduled workers',
      });
    }
    for (const [name, { queue, deadLetters }] of Object.entries(queues)) {
      this.#add(`${name}DeadLetters`, {
        metric: deadLetters.metricApproximateNumberOfMessagesVisible({
          period: fiveMinutes,
          statistic: 'Maximum',
        }),
        threshold: 0,
        hurt: `Messages of ${name} failed repeatedly: their work waits until you redrive them.`,
        runbook: 'Dead letters',
      });
      this.#add(`${name}Age`, {
        metric: queue.metricApproximateAgeOfOldestMessage({ period: fiveMinutes, statistic: 'Maximum' }),
        // Seconds: twice the longest delay that a message may be sent with, fifteen minutes.
        threshold: 1_800,
        hurt: `Messages of ${name} wait for more than half an hour: their work is late.`,
        runbook: 'Queue age',
      });
    }
    for (const name of workflows) {
      const [failed, timedOut] = [machines[name].metricFailed(), machines[name].metricTimedOut()];
      this.#add(`${name}Failures`, {
        metric: new MathExpression({
          expression: 'failed + timedOut',
          usingMetrics: { failed, timedOut },
          period: fiveMinutes,
        }),
        threshold: 0,
        hurt: hurtBy[name],
        runbook: 'Workflows',
      });
    }
  }

  #add(name: string, { metric, comparison = 'above', threshold, periods = 1, hurt, runbook }: AlarmProps) {
    const alarm = new Alarm(this, name, {
      metric,
      threshold,
      ...(comparison === 'above'
        ? {
            comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.NOT_BREACHING,
          }
        : {
            comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.BREACHING,
          }),
      evaluationPeriods: periods,
      alarmDescription: `${hurt} See docs/operating.md, "${runbook}".`,
    });
    if (this.#notify) alarm.addAlarmAction(this.#notify);
  }

  /**
   * The topic of the alarms. It has a key of its own, since CloudWatch publishes to an encrypted topic only
   * if the key's policy lets it.
   */
  #topic(email: string): Topic {
    const key = new Key(this, 'TopicKey', { enableKeyRotation: true, description: 'Encrypts alarm notices' });
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    const topic = new Topic(this, 'Topic', { masterKey: key, enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }
}
