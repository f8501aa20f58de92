import type { Guard } from '../iam/guard.ts';
import { arn, queueUrl } from '../template/resource-names.ts';
import type { Stack } from '../template/stack.ts';
import type { QueueEngine } from './queue-engine.ts';
import { AwsError, type AwsService, operationOf } from './service.ts';

/** IAM action of each batch operation: that of its single form. */
const permissions: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
};

/** SQS's limit of a message's delay: 15 minutes. The engine itself does not check it. */
const delaySecondsMax = 900;

interface SqsBody {
  readonly QueueUrl?: string;
  readonly QueueName?: string;
  readonly DelaySeconds?: number;
  readonly Entries?: readonly { readonly DelaySeconds?: number }[];
}

/** SQS: each request is judged by the queue that it names, then answered by the engine. */
export function sqsService(engine: QueueEngine, guard: Guard, awsEndpoint: string): AwsService {
  return async (request) => {
    const operation = operationOf(request);
    const body = JSON.parse(request.body.toString() || '{}') as SqsBody;
    const name = body.QueueName ?? body.QueueUrl?.split('/').at(-1);
    const resource = name === undefined ? '*' : arn('sqs', name);
    guard(request.principal, [{ action: `sqs:${permissions[operation] ?? operation}`, resource }]);
    for (const { DelaySeconds = 0 } of [body, ...(body.Entries ?? [])])
      if (DelaySeconds < 0 || DelaySeconds > delaySecondsMax)
        throw new AwsError(
          'InvalidParameterValue',
          `Value ${DelaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${delaySecondsMax}.`,
        );
    const answer = await engine.answer(request);
    if (!['GetQueueUrl', 'CreateQueue', 'ListQueues'].includes(operation)) return answer;
    // Clients send to the host in a queue's URL, and the engine does not know the local AWS endpoint.
    const rewritten = String(answer.body).replaceAll(/"http:\/\/[^"]*\/([^"/]+)"/g, (_, queue: string) =>
      JSON.stringify(queueUrl(queue, { awsEndpoint })),
    );
    return { ...answer, body: rewritten };
  };
}

interface QueueProperties {
  readonly FifoQueue?: boolean;
  readonly ContentBasedDeduplication?: boolean;
  readonly VisibilityTimeout?: number;
  readonly DelaySeconds?: number;
  readonly MessageRetentionPeriod?: number;
  readonly MaximumMessageSize?: number;
  readonly ReceiveMessageWaitTimeSeconds?: number;
  readonly RedrivePolicy?: object;
}

const settings = [
  'VisibilityTimeout',
  'DelaySeconds',
  'MessageRetentionPeriod',
  'MaximumMessageSize',
  'ReceiveMessageWaitTimeSeconds',
  'ContentBasedDeduplication',
  'FifoQueue',
] as const satisfies readonly (keyof QueueProperties)[];

/** Creates the queues of the template; an existing queue keeps its messages and gets the current settings. */
export function createQueues(stack: Stack, { queues }: QueueEngine, awsEndpoint: string): void {
  for (const { name, properties } of stack.resources<QueueProperties>('AWS::SQS::Queue')) {
    const attributes: Record<string, string> = {};
    for (const setting of settings)
      if (properties[setting] !== undefined) attributes[setting] = String(properties[setting]);
    if (properties.RedrivePolicy) attributes.RedrivePolicy = JSON.stringify(properties.RedrivePolicy);
    const existing = queues.getQueueByName(name);
    if (existing) existing.setAttributes(attributes);
    else queues.createQueue(name, queueUrl(name, { awsEndpoint }), arn('sqs', name), attributes);
  }
}
