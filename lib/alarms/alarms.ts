import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Stage } from 'aws-cdk-lib/aws-apigateway';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type WorkflowName, workflows } from '../../core/contract/resources.ts';
import { firewallMetric } from '../firewall.ts';
import type { QueueWithDeadLetters } from '../queues.ts';
import type { Settings } from '../settings.ts';
import type { Tables } from '../tables.ts';
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
  tables: Tables;
  queues: Record<string, QueueWithDeadLetters>;
  machines: Readonly<Record<WorkflowName, StateMachine>>;
  scheduled: readonly ScheduledWorker[];
}

function alarmsOf(watched: Watched, settings: Settings, region: string): AlarmProps[] {
  const { api, systems, tables, queues, machines, scheduled } = watched;
  const { stage, firewall } = settings;
  return [
    ...apiAlarms(api),
    ...(firewall ? [firewallAlarm(firewallMetric(stage), region)] : []),
    ...chainAlarms(settings),
    ...scheduled.map(scheduleAlarm),
    ...systems.map((system) => functionAlarm(stage, system)),
    ...Object.entries(queues).flatMap(([name, queue]) => queueAlarms(name, queue)),
    ...workflows.map((name) => workflowAlarm(name, machines[name])),
    ...tableAlarms(tables),
  ];
}

/**
 * Few alarms, each worth waking up for. Its description says who is hurt, and names the paragraph of
 * docs/operating.md that says what to do.
 */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, watched: Watched, settings: Settings) {
    super(scope, id);
    const { alarmEmail } = settings;
    const notify = alarmEmail ? new SnsAction(this.#topic(alarmEmail)) : undefined;
    for (const props of alarmsOf(watched, settings, Stack.of(this).region)) {
      const alarm = new Alarm(this, props.name, { metric: props.metric, ...alarmOptions(props) });
      if (!notify) continue;
      alarm.addAlarmAction(notify);
      if (props.tellsNoData) alarm.addInsufficientDataAction(notify);
    }
  }

  /**
   * The topic of the alarms. It has a key of its own, since CloudWatch publishes to an encrypted topic only
   * if the key's policy lets it.
   */
  #topic(email: string): Topic {
    const key = new Key(this, 'TopicKey', {
      enableKeyRotation: true,
      description: 'Encrypts alarm notices',
      // Notices are not stored: nothing needs the key once the topic is gone.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    const topic = new Topic(this, 'Topic', { masterKey: key, enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }
}
