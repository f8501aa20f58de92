import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dynoxide } from '../../../local/dynamodb/dynoxide.ts';
import type { DynamoEngine } from '../../../local/dynamodb/engine.ts';
import { startProgram } from '../../../local/dynamodb/program.ts';
import { tableShape } from '../../../local/dynamodb/table-shape.ts';
import { type LimitedEngine, limitEngine } from '../../../local/limits/limited-engine.ts';
import { type Limits, noLimits } from '../../../local/limits/limits.ts';
import { makeLog } from '../../../local/log.ts';

const keys = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
];
const attributes = (...names: string[]) =>
  names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));
/** A table that DynamoDB cannot split below its partition key, and one that it can. */
const indexed = {
  TableName: 'indexed',
  KeySchema: keys('pk', 'sk'),
  AttributeDefinitions: attributes('pk', 'sk', 'ix'),
  LocalSecondaryIndexes: [
    { IndexName: 'thin', KeySchema: keys('pk', 'ix'), Projection: { ProjectionType: 'KEYS_ONLY' as const } },
  ],
};
const plain = {
  TableName: 'plain',
  KeySchema: keys('pk', 'sk'),
  AttributeDefinitions: attributes('pk', 'sk'),
};

let engine: DynamoEngine;
let limited: LimitedEngine;
let limits: Limits = noLimits;
let client: DynamoDBClient;
let run = 0;

beforeAll(async () => {
  engine = await startProgram(dynoxide);
  for (const table of [indexed, plain])
    await engine.forward(
      'DynamoDB_20120810.CreateTable',
      JSON.stringify({ ...new CreateTableCommand({ ...table, BillingMode: 'PAY_PER_REQUEST' }).input }),
    );
  const shapes = [indexed, plain].map((table) => tableShape(table.TableName, table));
  limited = await limitEngine(engine, shapes, () => limits, makeLog());
  client = new DynamoDBClient({
    endpoint: `http://${limited.host}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  limited.close();
  await engine.stop();
});
beforeEach(() => {
  limits = noLimits;
  run += 1;
});

/** An item of this test. @param bytes of its text. */
const item = (sk: string, bytes = 10, pk = `p${run}`) => ({
  ...{ pk: { S: pk }, sk: { S: sk } },
  text: { S: 'x'.repeat(bytes) },
});
const keyOf = (sk: string, pk = `p${run}`) => ({ pk: { S: pk }, sk: { S: sk } });
const put = (TableName: string, Item: ReturnType<typeof item>) =>
  client.send(new PutItemCommand({ TableName, Item }));
const nameOf = (error: unknown): string => (error as Error).name;
const throttling = /^(Throttling|ProvisionedThroughputExceeded|RequestLimitExceeded)/;

test('without limits every request passes', async () => {
  await put('indexed', item('a'));
  const { Item } = await client.send(new GetItemCommand({ TableName: 'indexed', Key: keyOf('a') }));
  expect(Item?.text?.S).toHaveLength(10);
});

test('a partition key of a table with a local index takes its units, by the size of items, and then waits', async () => {
  limits = { ...noLimits, partitionWritesMax: 20 };
  // 40 units at once are taken, since the bucket is full; they are paid off after a second.
  await put('indexed', item('a', 40_000));
  await expect(put('indexed', item('b'))).rejects.toThrow('Throughput exceeds');
  await put('indexed', item('b', 10, `other${run}`));
  await put('plain', item('b'));
  await new Promise((done) => setTimeout(done, 1_100));
  await put('indexed', item('b'));
});

test('where there is no local index, only a single item is bound by the rate of a partition', async () => {
  limits = { ...noLimits, partitionWritesMax: 5 };
  await put('plain', item('a', 20_000));
  await expect(put('plain', item('a'))).rejects.toThrow('Throughput exceeds');
  await put('plain', item('b'));
});

test('a transaction costs twice the units, and is cancelled or refused as a whole', async () => {
  limits = { ...noLimits, partitionWritesMax: 20 };
  const TransactItems = ['a', 'b'].map((sk) => ({ Put: { TableName: 'indexed', Item: item(sk, 6_000) } }));
  await client.send(new TransactWriteItemsCommand({ TransactItems }));
  const again = client.send(
    new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'indexed', Item: item('c') } }] }),
  );
  const error = await again.catch((thrown: unknown) => thrown);
  const reasons = (error as { CancellationReasons?: { Code?: string }[] }).CancellationReasons;
  expect(reasons?.[0]?.Code ?? nameOf(error)).toMatch(throttling);
});

test('reads take units of their own, also of what a query passes over', async () => {
  for (const sk of ['a', 'b', 'c', 'd']) await put('indexed', item(sk, 8_000));
  limits = { ...noLimits, partitionReadsMax: 5 };
  const query = new QueryCommand({
    TableName: 'indexed',
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    FilterExpression: 'tint = :none',
    ExpressionAttributeValues: { ':pk': { S: `p${run}` }, ':none': { S: 'none' } },
  });
  await client.send(query);
  expect(nameOf(await client.send(query).catch((error: unknown) => error))).toMatch(throttling);
});

test('a table as a whole takes no more than its rate', async () => {
  limits = { ...noLimits, tableWritesMax: 10 };
  await put('plain', item('a', 20_000));
  await expect(put('plain', item('b', 10, 'elsewhere'))).rejects.toThrow('Throughput exceeds');
  await new Promise((done) => setTimeout(done, 1_100));
  await put('plain', item('b', 10, 'elsewhere'));
});

test('a batch is taken in part: what is throttled comes back, and an empty answer is an exception', async () => {
  limits = { ...noLimits, partitionWritesMax: 20 };
  await put('indexed', item('full', 30_000));
  const puts = [item('a'), item('b', 10, `other${run}`)];
  const write = (items: typeof puts) =>
    client.send(
      new BatchWriteItemCommand({
        RequestItems: { indexed: items.map((Item) => ({ PutRequest: { Item } })) },
      }),
    );
  const { UnprocessedItems } = await write(puts);
  expect(UnprocessedItems?.indexed?.map(({ PutRequest }) => PutRequest?.Item?.sk?.S)).toEqual(['a']);
  expect(nameOf(await write([item('a')]).catch((error: unknown) => error))).toMatch(throttling);

  limits = { ...noLimits, partitionReadsMax: 5 };
  await client.send(new GetItemCommand({ TableName: 'indexed', Key: keyOf('full'), ConsistentRead: true }));
  const Keys = [keyOf('full'), keyOf('b', `other${run}`)];
  const RequestItems = { indexed: { Keys, ConsistentRead: true, ProjectionExpression: 'sk' } };
  const reply = await client.send(new BatchGetItemCommand({ RequestItems }));
  expect(reply.Responses?.indexed).toEqual([{ sk: { S: 'b' } }]);
  expect(reply.UnprocessedKeys?.indexed).toMatchObject({ Keys: [keyOf('full')], ConsistentRead: true });
});

test('a transaction that meets another write of an item is cancelled, and a plain write is refused', async () => {
  limits = { ...noLimits, requestMs: 300, seed: 3 };
  const Item = item('a');
  const key = keyOf('a');
  const writing = () =>
    client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'plain', Item } }] }));
  const reading = () =>
    client.send(new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: 'plain', Key: key } }] }));
  const updating = () =>
    client.send(
      new UpdateItemCommand({
        ...{ TableName: 'plain', Key: key, UpdateExpression: 'SET n = :n' },
        ExpressionAttributeValues: { ':n': { N: '1' } },
      }),
    );
  // Also where they come in one instant.
  const ends = await Promise.all([writing(), writing()].map((one) => one.then(() => 'done', nameOf)));
  expect(ends.sort()).toEqual(['TransactionCanceledException', 'done']);
  const together = async (first: () => Promise<unknown>, second: () => Promise<unknown>) => {
    const one = first();
    await new Promise((done) => setTimeout(done, 20));
    const other = await second().then(() => 'done', nameOf);
    return [await one.then(() => 'done', nameOf), other];
  };
  expect(await together(writing, writing)).toEqual(['done', 'TransactionCanceledException']);
  expect(await together(writing, reading)).toEqual(['done', 'TransactionCanceledException']);
  expect(await together(writing, updating)).toEqual(['done', 'TransactionConflictException']);
  expect(await together(updating, writing)).toEqual(['done', 'TransactionCanceledException']);
  expect(await together(updating, updating)).toEqual(['done', 'done']);
  expect(await together(reading, writing)).toEqual(['done', 'done']);
});

test('a full collection takes nothing that lets it grow, but whatever makes it smaller', async () => {
  limits = { ...noLimits, collectionBytesMax: 2_000 };
  await put('indexed', item('a', 1_700));
  await expect(put('indexed', item('b', 500))).rejects.toThrow('Collection size exceeded');
  await put('indexed', item('a', 1_600));
  await put('indexed', item('b', 500, `other${run}`));
  await put('plain', item('b', 5_000));
  const growing = new UpdateItemCommand({
    ...{ TableName: 'indexed', Key: keyOf('a'), UpdateExpression: 'SET more = :more' },
    ExpressionAttributeValues: { ':more': { S: 'x'.repeat(400) } },
  });
  expect(nameOf(await client.send(growing).catch((error: unknown) => error))).toBe(
    'ItemCollectionSizeLimitExceededException',
  );
  const told = await client.send(
    new TransactWriteItemsCommand({
      TransactItems: [{ Delete: { TableName: 'indexed', Key: keyOf('nothing') } }],
      ReturnItemCollectionMetrics: 'SIZE',
    }),
  );
  expect(told.ItemCollectionMetrics?.indexed?.[0]?.SizeEstimateRangeGB).toEqual([8, 9]);
  await client.send(
    new UpdateItemCommand({
      TableName: 'indexed',
      Key: keyOf('a'),
      UpdateExpression: 'REMOVE #t',
      ExpressionAttributeNames: { '#t': 'text' },
    }),
  );
  await put('indexed', item('b', 500));
});

test('faults come before or after the effect of a request, and as an answer or as none', async () => {
  limits = { ...noLimits, failedShare: 1 };
  await expect(put('plain', item('a'))).rejects.toThrow(
    expect.objectContaining({ name: 'InternalServerError' }),
  );
  limits = noLimits;
  const stored = async (sk: string) =>
    (await client.send(new GetItemCommand({ TableName: 'plain', Key: keyOf(sk), ConsistentRead: true })))
      .Item;
  expect(await stored('a')).toBeUndefined();

  limits = { ...noLimits, lostShare: 1 };
  const ends = new Set<string>();
  for (const sk of ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'])
    ends.add(await put('plain', item(sk)).then(() => 'answer', nameOf));
  expect(ends.size).toBe(2);
  expect(ends).toContain('InternalServerError');
  limits = noLimits;
  expect(await stored('i')).toBeDefined();
});

test('random throttling comes in all shapes that DynamoDB has', async () => {
  limits = { ...noLimits, throttledShare: 1 };
  const shapes = new Set<string>();
  for (let n = 0; n < 40; n++) {
    shapes.add(await put('plain', item('a')).then(() => 'done', nameOf));
    const TransactItems = [{ Put: { TableName: 'plain', Item: item('a') } }];
    const error: unknown = await client
      .send(new TransactWriteItemsCommand({ TransactItems }))
      .catch((thrown) => thrown);
    const reason = (error as { CancellationReasons?: { Code: string }[] }).CancellationReasons?.[0]?.Code;
    if (reason) shapes.add(reason);
  }
  expect([...shapes].sort()).toEqual([
    'ProvisionedThroughputExceeded',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'ThrottlingError',
    'ThrottlingException',
  ]);
});
