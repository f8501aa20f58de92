import { randomUUID } from 'node:crypto';
import { region } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';
import type { Guard } from '../iam/guard.ts';
import type { Fleet } from '../lambda/fleet.ts';
import type { Outbox } from '../outbox.ts';
import { arn } from '../template/resource-names.ts';
import type { Stack } from '../template/stack.ts';
import type { QueueEngine } from './queue-engine.ts';
import type { AwsService } from './service.ts';

interface SubscriptionProperties {
  readonly TopicArn: string;
  readonly Protocol: string;
  readonly Endpoint?: string;
  readonly FilterPolicy?: object;
  readonly RawMessageDelivery?: boolean;
}

/** ARNs of the functions that are subscribed to a topic, by the topic's ARN. */
export type TopicListeners = ReadonlyMap<string, readonly string[]>;

/**
 * Creates the topics of the template and their queue subscriptions.
 *
 * @returns the function subscriptions, which `snsService` delivers.
 * @throws CannotStart if a function subscription has a filter policy.
 */
export function createTopics(stack: Stack, { topics }: QueueEngine): TopicListeners {
  for (const { name } of stack.resources('AWS::SNS::Topic'))
    if (!topics.getTopic(arn('sns', name))) topics.createTopic(name, undefined, undefined, region);
  const listeners = new Map<string, string[]>();
  for (const { logicalId, properties } of stack.resources<SubscriptionProperties>('AWS::SNS::Subscription')) {
    const { TopicArn, Protocol, Endpoint = '', FilterPolicy, RawMessageDelivery } = properties;
    if (Protocol === 'sqs') {
      topics.subscribe(TopicArn, 'sqs', Endpoint, {
        ...(FilterPolicy ? { FilterPolicy: JSON.stringify(FilterPolicy) } : {}),
        ...(RawMessageDelivery ? { RawMessageDelivery: 'true' } : {}),
      });
    } else if (Protocol === 'lambda') {
      if (FilterPolicy)
        throw new CannotStart(
          `${logicalId} filters what a function gets from a topic, which a local run does not support`,
        );
      listeners.set(TopicArn, [...(listeners.get(TopicArn) ?? []), Endpoint]);
    }
    // E-mail, HTTPS and SMS subscriptions are not delivered; the outbox shows every published message.
  }
  return listeners;
}

/** SNS: the engine delivers to queues, functions are invoked, and each message is added to the outbox. */
export function snsService(
  engine: QueueEngine,
  guard: Guard,
  outbox: Outbox,
  listeners: TopicListeners,
  fleet: Fleet,
): AwsService {
  return async (request) => {
    const form = new URLSearchParams(request.body.toString());
    const operation = form.get('Action') ?? '';
    const topic = form.get('TopicArn') ?? form.get('TargetArn');
    const permission = operation === 'PublishBatch' ? 'Publish' : operation;
    guard(request.principal, [{ action: `sns:${permission}`, resource: topic ?? '*' }]);
    const phone = form.get('PhoneNumber');
    if (operation === 'Publish' && phone !== null && topic === null) {
      outbox.add({ kind: 'sms', to: phone, content: { message: form.get('Message') } });
      return publishedTo();
    }
    const answer = await engine.answer(request);
    if (answer.status === 200 && topic !== null)
      for (const { message, subject } of published(operation, form)) {
        outbox.add({ kind: 'notification', to: topic, content: { subject, message } });
        // Asynchronous, as on AWS: the publisher does not wait for the function.
        for (const functionArn of listeners.get(topic) ?? [])
          void fleet.deliver(functionArn, JSON.stringify(snsEvent(topic, message, subject)));
      }
    return answer;
  };
}

interface Published {
  readonly message: string;
  readonly subject: string | null;
}

function published(operation: string, form: URLSearchParams): Published[] {
  if (operation === 'Publish') return [{ message: form.get('Message') ?? '', subject: form.get('Subject') }];
  if (operation !== 'PublishBatch') return [];
  return [...form.keys()]
    .map((key) => /^(PublishBatchRequestEntries\.member\.\d+)\.Message$/.exec(key)?.[1])
    .filter((entry) => entry !== undefined)
    .map((entry) => ({ message: form.get(`${entry}.Message`) ?? '', subject: form.get(`${entry}.Subject`) }));
}

const snsEvent = (TopicArn: string, Message: string, Subject: string | null): object => ({
  Records: [
    {
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      EventSubscriptionArn: `${TopicArn}:local`,
      Sns: {
        Type: 'Notification',
        MessageId: randomUUID(),
        TopicArn,
        Subject,
        Message,
        Timestamp: new Date().toISOString(),
        MessageAttributes: {},
      },
    },
  ],
});

function publishedTo(): { status: number; headers: Record<string, string>; body: string } {
  const body = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult></PublishResponse>`;
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}
