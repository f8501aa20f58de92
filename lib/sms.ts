import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { QueueWithDeadLetters } from './queues.ts';
import type { Settings } from './settings.ts';

/** What the functions are told of the carrier of text messages. */
export const smsEnvironment = ({ sms }: Settings): Record<string, string> => ({
  SMS_PROVIDER: sms.provider,
  SMS_MESSAGE_TYPE: sms.messageType,
  ...(sms.configurationSet ? { SMS_CONFIGURATION_SET: sms.configurationSet } : {}),
});

/**
 * What became of texts that AWS carried: its events of EventBridge, by way of a queue. An event has the phone number; only our ids and the
 * kind of the event go on.
 */
export class SmsReceipts extends Construct {
  constructor(scope: Construct, id: string, { queue }: QueueWithDeadLetters) {
    super(scope, id);
    new Rule(this, 'Rule', {
      description: 'What became of the text messages that we sent',
      eventPattern: {
        source: ['aws.sms-voice'],
        detailType: ['Text Message Delivery Status Updated'],
        detail: { context: { message: [{ exists: true }] } },
      },
      targets: [
        new SqsQueue(queue, {
          message: RuleTargetInput.fromObject({
            version: 1,
            tenant: EventField.fromPath('$.detail.context.tenant'),
            message: EventField.fromPath('$.detail.context.message'),
            type: EventField.fromPath('$.detail.eventType'),
          }),
        }),
      ],
    });
  }
}
