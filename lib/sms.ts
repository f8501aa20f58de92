import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { QueueWithDeadLetters } from './queues.ts';
import type { Settings } from './settings.ts';

/** The environment variables about the provider of text messages. */
export const smsEnvironment = ({ sms }: Settings): Record<string, string> => ({
  SMS_PROVIDER: sms.provider,
  SMS_MESSAGE_TYPE: sms.messageType,
  ...(sms.configurationSet ? { SMS_CONFIGURATION_SET: sms.configurationSet } : {}),
});

/**
 * Sends the delivery receipts of texts that AWS carried to a queue. AWS publishes them as events of
 * EventBridge. An event holds the phone number, so the message gets only our ids and the type of the event.
 */
export class SmsReceipts extends Construct {
  constructor(scope: Construct, id: string, { queue }: QueueWithDeadLetters) {
    super(scope, id);
    new Rule(this, 'Rule', {
      description: 'Delivery receipts of the text messages that we sent',
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
