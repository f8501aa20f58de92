import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { present } from '../../core/invariant.ts';
import { type Running, start } from '../../local/start.ts';
import {
  eventually,
  fixtureAssembly,
  nameOf,
  post,
  rootClient,
  rootConfig,
  scratch,
  startFixture,
} from './fixture/run.ts';

const items = (running: Running): string => nameOf(running, 'AWS::DynamoDB::GlobalTable', 'Items');
const item = (id: string) => ({ pk: { S: 'kept' }, sk: { S: id } });

async function has(running: Running, id: string): Promise<boolean> {
  const { Item } = await rootClient(running).send(
    new GetItemCommand({ TableName: items(running), Key: item(id), ConsistentRead: true }),
  );
  return Item !== undefined;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('what was acknowledged', () => {
  test('is there after a crash: rows, messages that wait, secrets and the outbox', async () => {
    const dataDir = scratch();
    const first = await startFixture({ dataDir });
    const client = rootClient(first);
    // Writes go on while the crash happens; only those that were answered are counted.
    const acknowledged: string[] = [];
    const writing = Promise.allSettled(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < 1_000; i++) {
          const id = `${writer}-${i}`;
          await client.send(new PutItemCommand({ TableName: items(first), Item: item(id) }));
          acknowledged.push(id);
        }
      }),
    );
    const sqs = new SQSClient(rootConfig(first.awsEndpoint));
    const { QueueUrl } = await sqs.send(
      new GetQueueUrlCommand({ QueueName: nameOf(first, 'AWS::SQS::Queue', 'DeadLetters') }),
    );
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'still here' }));
    await post(`${first.url}/_local/webhook/kept`, {});
    await eventually(() => acknowledged.length > 100 || undefined);
    await first.crash();
    await writing;
    expect(isAlive(present(first.enginePid, "the engine's process id"))).toBe(false);

    const second = await startFixture({ dataDir });
    const lost = [];
    for (const id of acknowledged) if (!(await has(second, id))) lost.push(id);
    expect(lost).toEqual([]);
    const { messages } = second.inspectQueue(nameOf(second, 'AWS::SQS::Queue', 'DeadLetters')) ?? {};
    expect(messages?.ready.map(({ body }) => body)).toEqual(['still here']);
    expect(second.outbox()[0]).toMatchObject({ to: '/_local/webhook/kept' });
  }, 30_000);

  test('is kept by a second run on the same folder, which no two runs may hold at once', async () => {
    const dataDir = scratch();
    const first = await startFixture({ dataDir });
    await rootClient(first).send(new PutItemCommand({ TableName: items(first), Item: item('a') }));
    await expect(start({ assembly: await fixtureAssembly(), port: 0, dataDir })).rejects.toThrow(
      'is in use by another run',
    );
    await first.stop();
    const second = await startFixture({ dataDir });
    expect(await has(second, 'a')).toBe(true);
  });
});

describe('an end', () => {
  test('lets requests in flight finish and leaves no process behind', async () => {
    const running = await startFixture();
    const slow = post(`${running.url}/echo`, { sleep: 300, answer: { statusCode: 200, body: '"done"' } });
    await eventually(() => Object.values(running.calls()).some((calls) => calls > 0) || undefined);
    await running.stop();
    expect(await slow).toEqual({ status: 200, body: 'done' });
    expect(isAlive(present(running.enginePid, "the engine's process id"))).toBe(false);
    await expect(fetch(`${running.url}/echo`)).rejects.toThrow();
  });
});

test('an item whose time to live has passed is removed, one without or with time left is not', async () => {
  const running = await startFixture();
  const client = rootClient(running);
  const now = Math.floor(Date.now() / 1_000);
  for (const [id, expires] of [
    ['old', now - 5],
    ['new', now + 500],
    ['none', undefined],
  ] as const)
    await client.send(
      new PutItemCommand({
        TableName: items(running),
        Item: { ...item(id), ...(expires ? { expires_at: { N: String(expires) } } : {}) },
      }),
    );
  await running.sweepExpired();
  expect([await has(running, 'old'), await has(running, 'new'), await has(running, 'none')]).toEqual([
    false,
    true,
    true,
  ]);
});
