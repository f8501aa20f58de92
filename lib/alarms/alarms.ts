import { Stack } from 'aws-cdk-lib';
import type { Stage } from 'aws-cdk-lib/aws-apigateway';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type WorkflowName, workflows } from '../../core/contract/resources.ts';
import { acknowledge } from '../acknowledge.ts';
import { firewallMetric } from '../firewall.ts';
import type { QueueWithDeadLetters } from '../queues.ts';
import type { Settings } from '../settings.ts';
import { type AlarmProps, alarmOptions } from './alarm.ts';
import { apiAlarms, firewallAlarm } from './api-alarms.ts';
import { chainAlarms } from './chain-alarms.ts';
import { tableAlarms } from './table-alarms.ts';
import {
  functionAlarm,
  queueAlarms,
  type ScheduledWorker,
  scheduleAlarm,
  workflowAlarm,
} from './worker-alarms.ts';

/** The resources that alarms watch. */
export interface Watched {
  api: Stage;
  /** The systems by name, each of which counts the errors of its functions. */
  systems: readonly string[];
  queues: Record<string, QueueWithDeadLetters>;
  machines: Readonly<Record<WorkflowName, StateMachine>>;
  scheduled: readonly ScheduledWorker[];
}

function alarmsOf(watched: Watched, settings: Settings, region: string): AlarmProps[] {
  const { api, systems, queues, machines, scheduled } = watched;
  const { stage, firewall } = settings;
  return [
    ...apiAlarms(api),
    ...(firewall ? [firewallAlarm(firewallMetric(stage), region)] : []),
    ...chainAlarms(settings),
    ...scheduled.map(scheduleAlarm),
    ...systems.map((system) => functionAlarm(stage, system)),
    ...Object.entries(queues).flatMap(([name, queue]) => queueAlarms(name, queue)),
    ...workflows.map((name) => workflowAlarm(name, machines[name])),
    ...tableAlarms(stage),
  ];
}

/**
 * Few alarms, each worth waking up for. Its description says who is hurt, and names the paragraph of
 * docs/operating.md that says what to do.
 */
export class Alarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, watched: Watched, settings: Settings) {
    super(scope, id);
    const { alarmEmail } = settings;
    const notify = alarmEmail ? new SnsAction(this.#topic(alarmEmail)) : undefined;
    this.alarms = alarmsOf(watched, settings, Stack.of(this).region).map((props) => {
      const alarm = new Alarm(this, props.name, { metric: props.metric, ...alarmOptions(props) });
      if (notify) {
        alarm.addAlarmAction(notify);
        if (props.tellsNoData) alarm.addInsufficientDataAction(notify);
      }
      return alarm;
    });
  }

  /**
   * The topic of the alarms, to which CloudWatch may publish: a policy of a topic that only denies, as that
   * for TLS, takes the place of the default one, which allows it.
   */
  #topic(email: string): Topic {
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    acknowledge(topic, {
      'HIPAA.Security-SNSEncryptedKMS':
        'Notices name alarms and counts, and leave as plain e-mail. SNS encrypts its disks; CloudWatch cannot use AWS’s key for SNS, and one of ours is $1 a month.',
    });
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }
}
