import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { noLimits } from '../../../local/limits/limits.ts';
import type { Running } from '../../../local/start.ts';
import { eventually, nameOf, post, rootClient, rootConfig, startFixture } from '../fixture/run.ts';

let running: Running;
beforeAll(async () => {
  running = await startFixture({ limits: noLimits });
});
beforeEach(() => running.setLimits(noLimits));

/** Sends a message to the fixture's queue. */
async function send(id: string): Promise<void> {
  const sqs = new SQSClient(rootConfig(running.awsEndpoint));
  const QueueName = nameOf(running, 'AWS::SQS::Queue', 'Work');
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ id }) }));
}

/** How often the consumer saw a message. */
async function timesSeen(id: string): Promise<number> {
  const { Item } = await rootClient(running).send(
    new GetItemCommand({
      TableName: nameOf(running, 'AWS::DynamoDB::GlobalTable', 'Items'),
      Key: { pk: { S: 'seen' }, sk: { S: id } },
      ConsistentRead: true,
    }),
  );
  return Number(Item?.times?.N ?? 0);
}

test('beyond the executions of the account a caller is refused by the gateway, and served a moment later', async () => {
  const call = () => post(`${running.url}/faults`, { kind: 'nothing' });
  running.setLimits({ ...noLimits, executionsMax: 2 });
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await call()).status));
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(2);
  expect(statuses.filter((status) => status === 500).length).toBeGreaterThan(0);
  expect((await call()).status).toBe(200);
});

test('a queue waits for an execution instead of losing its message', async () => {
  running.setLimits({ ...noLimits, executionsMax: 0 });
  await send('waits');
  await new Promise((done) => setTimeout(done, 300));
  expect(await timesSeen('waits')).toBe(0);
  running.setLimits(noLimits);
  await post(`${running.url}/faults`, { kind: 'nothing' });
  await eventually(async () => ((await timesSeen('waits')) === 1 ? true : undefined));
});

test('a standard queue may deliver a message twice, and out of order', async () => {
  running.setLimits({ ...noLimits, doubledShare: 1 });
  await send('twice');
  await eventually(async () => ((await timesSeen('twice')) === 2 ? true : undefined));

  running.setLimits({ ...noLimits, lateShare: 1 });
  await send('late');
  await new Promise((done) => setTimeout(done, 100));
  running.setLimits(noLimits);
  await send('young');
  await eventually(async () => ((await timesSeen('young')) === 1 ? true : undefined));
  expect(await timesSeen('late')).toBe(0);
  await eventually(async () => ((await timesSeen('late')) === 1 ? true : undefined));
});
