import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientSettings } from './aws-client.ts';
import { type QueueName, queueVariable } from './contract/resources.ts';
import { setting } from './environment.ts';

/** SQS API reference, SendMessage. */
const delaySecondsMax = 900;

/** SQS API reference, SendMessage. */
const groupLengthMax = 128;

let client: SQSClient | undefined;

/** The one SQS client of this container, made on first use. */
function sqs(): SQSClient {
  client ??= new SQSClient(clientSettings);
  return client;
}

/** The URL of a queue, handed over by the grant that lets this function use it. */
const queueUrl = (queue: QueueName): string =>
  setting(queueVariable(queue), `add \`${queue}\` to the \`uses\` of this contract`);

/**
 * Sends one message. Its group is the tenant, so that SQS's fair queues keep the backlog of one tenant from
 * delaying the others.
 *
 * @param delaySeconds rounded up and clamped to 0..900 (SQS API reference, SendMessage).
 */
export async function send(
  queue: QueueName,
  tenant: string,
  message: object,
  delaySeconds = 0,
): Promise<void> {
  await sqs().send(
    new SendMessageCommand({
      QueueUrl: queueUrl(queue),
      MessageBody: asciiJson(message),
      MessageGroupId: groupName(tenant),
      DelaySeconds: Math.min(delaySecondsMax, Math.max(0, Math.ceil(delaySeconds))),
    }),
  );
}

/**
 * Reads one attribute of a queue, which shows that SQS answers and that the queue is there. Rejects if not,
 * and once the signal is aborted.
 */
export async function inspectQueue(queue: QueueName, abortSignal: AbortSignal): Promise<void> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl(queue), AttributeNames: ['QueueArn'] });
  await sqs().send(command, { abortSignal });
}

/** JSON in ASCII: SQS accepts only the characters of XML 1.0, so all others are escaped. */
const asciiJson = (message: object): string =>
  JSON.stringify(message).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * A group name has up to 128 ASCII letters, digits and punctuation marks; a tenant's name may have other
 * characters.
 */
const groupName = (tenant: string) =>
  Buffer.from(tenant).toString('base64url').slice(0, groupLengthMax) || '-';
