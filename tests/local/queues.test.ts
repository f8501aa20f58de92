import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetQueueUrlCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeAll, expect, test } from 'vitest';
import type { Running } from '../../local/start.ts';
import { eventually, nameOf, post, rootClient, rootConfig, startFixture } from './fixture/run.ts';

let running: Running;
let sqs: SQSClient;
let queue: { url: string; name: string; deadLetters: string };
beforeAll(async () => {
  running = await startFixture();
  sqs = new SQSClient(rootConfig(running.awsEndpoint));
  const name = nameOf(running, 'AWS::SQS::Queue', 'Work');
  const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  queue = { name, url: QueueUrl, deadLetters: nameOf(running, 'AWS::SQS::Queue', 'DeadLetters') };
});

const send = (message: object, delay?: number): Promise<unknown> =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: queue.url,
      MessageBody: JSON.stringify(message),
      DelaySeconds: delay,
    }),
  );

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
const seen = (id: string, times: number): Promise<true> =>
  eventually(async () => ((await timesSeen(id)) >= times ? true : undefined));
const isEmpty = (name: string): boolean => {
  const { ready, inflight, delayed } = running.inspectQueue(name)?.messages ?? {
    ready: [],
    inflight: [],
    delayed: [],
  };
  return ready.length + inflight.length + delayed.length === 0;
};

test('a message reaches its function and is gone when it was processed', async () => {
  await send({ id: 'plain' });
  await seen('plain', 1);
  await eventually(() => isEmpty(queue.name) || undefined);
  expect(await timesSeen('plain')).toBe(1);
});

test('a queue is addressed through the local endpoint, so that no client looks elsewhere', () => {
  expect(queue.url.startsWith(`${running.awsEndpoint}/`)).toBe(true);
});

test('of a batch, only what the function reports as failed is delivered again', async () => {
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: queue.url,
      Entries: [
        { Id: '1', MessageBody: JSON.stringify({ id: 'good' }) },
        { Id: '2', MessageBody: JSON.stringify({ id: 'bad', failOnce: true }) },
      ],
    }),
  );
  await seen('bad', 2);
  await eventually(() => isEmpty(queue.name) || undefined);
  expect([await timesSeen('good'), await timesSeen('bad')]).toEqual([1, 2]);
}, 15_000);

test('an answer that names an unknown message brings the whole batch back', async () => {
  await send({ id: 'nonsense', nonsense: true });
  await seen('nonsense', 2);
  expect(await timesSeen('nonsense')).toBe(2);
}, 15_000);

test('a message that fails as often as the queue allows goes to the dead letters', async () => {
  await send({ id: 'poison', poison: true });
  const dead = await eventually(() =>
    running.inspectQueue(queue.deadLetters)?.messages.ready.find(({ body }) => body.includes('poison')),
  );
  expect(JSON.parse(dead.body)).toEqual({ id: 'poison', poison: true });
  expect(await timesSeen('poison')).toBe(2);
}, 20_000);

test('a delayed message is not seen before its time', async () => {
  const sent = Date.now();
  await send({ id: 'later' }, 1);
  expect(running.inspectQueue(queue.name)?.messages.delayed).toHaveLength(1);
  await seen('later', 1);
  expect(Date.now() - sent).toBeGreaterThanOrEqual(1_000);
}, 15_000);

test('a delay beyond 15 minutes is refused, as SQS does', async () => {
  await expect(send({ id: 'never' }, 901)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
});

test('what is published to a topic reaches its queue, its function and the outbox', async () => {
  const { status } = await post(`${running.url}/send`, [
    'sns',
    ['PublishCommand', { TopicArn: '$TOPIC_ARN', Message: JSON.stringify({ id: 'news' }) }],
  ]);
  expect(status).toBe(200);
  await seen('news', 1);
  await eventually(() => running.logs().find(({ text }) => text.startsWith('heard {"id":"news"}')));
  expect(running.outbox()[0]).toMatchObject({ kind: 'notification', content: { message: '{"id":"news"}' } });
});

test('files are kept byte by byte', async () => {
  const { body } = await post(`${running.url}/send`, [
    's3',
    ['PutObjectCommand', { Bucket: '$BUCKET', Key: 'a/b c.txt', Body: 'häl\nlo' }],
    ['GetObjectCommand', { Bucket: '$BUCKET', Key: 'a/b c.txt' }],
  ]);
  expect((body as unknown[])[1]).toBe('häl\nlo');
});
