import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { beforeAll, expect, test } from 'vitest';
import type { Running } from '../../local/start.ts';
import { type FixtureQueue, fixtureQueue } from './fixture/queue.ts';
import { eventually, post, startFixture } from './fixture/run.ts';

let running: Running;
let queue: FixtureQueue;
beforeAll(async () => {
  running = await startFixture();
  queue = await fixtureQueue(running);
});

const isEmpty = (name: string): boolean => {
  const { ready, inflight, delayed } = running.inspectQueue(name)?.messages ?? {
    ready: [],
    inflight: [],
    delayed: [],
  };
  return ready.length + inflight.length + delayed.length === 0;
};

test('a message reaches its function and is gone when it was processed', async () => {
  await queue.send({ id: 'plain' });
  await queue.seen('plain', 1);
  await eventually(() => isEmpty(queue.name) || undefined);
  expect(await queue.timesSeen('plain')).toBe(1);
});

test('a queue is addressed through the local endpoint, so that no client looks elsewhere', () => {
  expect(queue.url.startsWith(`${running.awsEndpoint}/`)).toBe(true);
});

test('of a batch, only what the function reports as failed is delivered again', async () => {
  await queue.sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: queue.url,
      Entries: [
        { Id: '1', MessageBody: JSON.stringify({ id: 'good' }) },
        { Id: '2', MessageBody: JSON.stringify({ id: 'bad', failOnce: true }) },
      ],
    }),
  );
  await queue.seen('bad', 2);
  await eventually(() => isEmpty(queue.name) || undefined);
  expect([await queue.timesSeen('good'), await queue.timesSeen('bad')]).toEqual([1, 2]);
}, 15_000);

test('an answer that names an unknown message brings the whole batch back', async () => {
  await queue.send({ id: 'nonsense', nonsense: true });
  await queue.seen('nonsense', 2);
  expect(await queue.timesSeen('nonsense')).toBe(2);
}, 15_000);

test('a message that fails as often as the queue allows goes to the dead letters', async () => {
  await queue.send({ id: 'poison', poison: true });
  const dead = await eventually(() =>
    running.inspectQueue(queue.deadLetters)?.messages.ready.find(({ body }) => body.includes('poison')),
  );
  expect(JSON.parse(dead.body)).toEqual({ id: 'poison', poison: true });
  expect(await queue.timesSeen('poison')).toBe(2);
}, 20_000);

test('a delayed message is not seen before its time', async () => {
  const sent = Date.now();
  await queue.send({ id: 'later' }, 1);
  expect(running.inspectQueue(queue.name)?.messages.delayed).toHaveLength(1);
  await queue.seen('later', 1);
  expect(Date.now() - sent).toBeGreaterThanOrEqual(1_000);
}, 15_000);

test('a delay beyond 15 minutes is refused, as SQS does', async () => {
  await expect(queue.send({ id: 'never' }, 901)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
});

test('what is published to a topic reaches its queue, its function and the outbox', async () => {
  const { status } = await post(`${running.url}/send`, [
    'sns',
    ['PublishCommand', { TopicArn: '$TOPIC_ARN', Message: JSON.stringify({ id: 'news' }) }],
  ]);
  expect(status).toBe(200);
  await queue.seen('news', 1);
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
