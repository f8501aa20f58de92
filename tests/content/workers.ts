import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Running } from '../../local/start.ts';

/** Puts messages on a queue of the content system, as SQS does when it delivers some twice. */
export async function post(service: Running, queue: string, messages: object[]): Promise<void> {
  const queues = service.stack.resources('AWS::SQS::Queue');
  const found = queues.find(
    ({ logicalId }) => logicalId.includes(queue) && !logicalId.includes('DeadLetters'),
  );
  if (!found) throw new Error(`there is no queue ${queue}`);
  const credentials = { accessKeyId: 'root', secretAccessKey: 'root' };
  const sqs = new SQSClient({ endpoint: service.awsEndpoint, region: 'us-east-1', credentials });
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: found.name }));
  for (const message of messages)
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
  sqs.destroy();
}
