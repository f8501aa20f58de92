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
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type WorkflowName, workflows } from '../core/contract/resources.ts';
import { namespaceOf } from '../core/metrics.ts';
import type { QueueWithDeadLetters } from './queues.ts';
import type { Settings } from './settings.ts';

export interface Watched {
  api: SpecRestApi;
  queues: Record<string, QueueWithDeadLetters>;
  machines: Readonly<Record<WorkflowName, StateMachine>>;
}

const FIVE_MINUTES = Duration.minutes(5);

/** Whom an execution of a workflow hurts that stopped in the middle. What it should have done is on record, and begun again by a sweep. */
const hurtBy: Record<WorkflowName, string> = {
  clinikoSync:
    'A sync with Cliniko stopped in the middle: its organisation waits, or is told that it failed.',
  webhookDelivery: 'A message to a webhook is late: its receiver does not know yet.',
};

/** Few alarms, each worth waking up for. Its description says who is hurt, and names the paragraph of docs/operating.md that says what to do. */
export class Alarms extends Construct {
  readonly #notify: SnsAction | undefined;

  constructor(scope: Construct, id: string, { api, queues, machines }: Watched, settings: Settings) {
    super(scope, id);
    const { alarmEmail, stage } = settings;
    this.#notify = alarmEmail ? new SnsAction(this.#topic(alarmEmail)) : undefined;
    this.#add('ServerErrors', {
      metric: api.metricServerError({ period: FIVE_MINUTES, statistic: 'Sum' }),
      threshold: 0,
      hurt: 'Callers get 5xx: their work was not done, and they may retry.',
      runbook: 'Server errors',
    });
    this.#add('Slow', {
      metric: api.metricLatency({ period: FIVE_MINUTES, statistic: 'p99' }),
      // 80 % of the 29 seconds after which the gateway gives up.
      threshold: 23_000,
      hurt: 'One caller in a hundred waits so long that the next step is a timeout.',
      runbook: 'Slow answers',
    });
    this.#add('Throttles', {
      // Without dimensions it is the sum over the account's functions in this Region, which share one limit.
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'Throttles',
        period: FIVE_MINUTES,
        statistic: 'Sum',
      }),
      threshold: 0,
      hurt: 'Callers are refused and workers wait: the account has no free Lambda capacity.',
      runbook: 'Throttling',
    });
    this.#add('StuckOnChain', {
      metric: new Metric({
        namespace: namespaceOf(stage),
        metricName: 'chainWait',
        period: FIVE_MINUTES,
        statistic: 'Maximum',
      }),
      // Half an hour in milliseconds: fees are raised after five minutes, and a busy chain takes a few rounds of that.
      threshold: 30 * 60_000,
      hurt: 'Creators’ prices are not confirmed: their batches stay in processing.',
      runbook: 'Stuck on the chain',
    });
    for (const [name, { queue, deadLetters }] of Object.entries(queues)) {
      this.#add(`${name}DeadLetters`, {
        metric: deadLetters.metricApproximateNumberOfMessagesVisible({
          period: FIVE_MINUTES,
          statistic: 'Maximum',
        }),
        threshold: 0,
        hurt: `Work of ${name} was given up after several tries and waits for you.`,
        runbook: 'Dead letters',
      });
      this.#add(`${name}Age`, {
        metric: queue.metricApproximateAgeOfOldestMessage({ period: FIVE_MINUTES, statistic: 'Maximum' }),
        // Longer than the longest delay that a message may be sent with, fifteen minutes.
        threshold: 1_800,
        hurt: `Work of ${name} is not being done in time.`,
        runbook: 'Queue age',
      });
    }
    for (const name of workflows) {
      const [failed, timedOut] = [machines[name].metricFailed(), machines[name].metricTimedOut()];
      this.#add(`${name}Failures`, {
        metric: new MathExpression({
          expression: 'failed + timedOut',
          usingMetrics: { failed, timedOut },
          period: FIVE_MINUTES,
        }),
        threshold: 0,
        hurt: hurtBy[name],
        runbook: 'Workflows',
      });
    }
  }

  #add(
    name: string,
    {
      metric,
      threshold,
      hurt,
      runbook,
    }: { metric: IMetric; threshold: number; hurt: string; runbook: string },
  ) {
    const alarm = new Alarm(this, name, {
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `${hurt} See docs/operating.md, "${runbook}".`,
    });
    if (this.#notify) alarm.addAlarmAction(this.#notify);
  }

  /** CloudWatch can only publish to an encrypted topic whose key lets it. */
  #topic(email: string): Topic {
    const key = new Key(this, 'TopicKey', { enableKeyRotation: true, description: 'Encrypts alarm notices' });
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    const topic = new Topic(this, 'Topic', { masterKey: key, enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }
}
