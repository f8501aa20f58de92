import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientSettings } from './aws-client.ts';
import { type TopicName, topicVariable } from './contract/resources.ts';
import { setting } from './environment.ts';

let client: SNSClient | undefined;

/** The one SNS client of this container, made on first use. */
function sns(): SNSClient {
  client ??= new SNSClient(clientSettings);
  return client;
}

/**
 * Publishes a notice to the subscribers of a topic.
 *
 * @param notice ids, codes and numbers, never personal data: subscribers get it by e-mail or HTTPS.
 */
export async function publish(topic: TopicName, subject: string, notice: object): Promise<void> {
  await sns().send(
    new PublishCommand({
      TopicArn: setting(topicVariable(topic), `add \`${topic}\` to the \`uses\` of this contract`),
      Subject: subject,
      Message: JSON.stringify(notice),
    }),
  );
}
