import { createServer } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { clientSettings } from '../../../core/aws-client.ts';
import { dynamoStore } from '../../../core/dynamo/dynamo-store.ts';
import type { Store } from '../../../core/dynamo/store.ts';
import { listen } from '../../../local/gateway/gateway.ts';

let answer: { status: number; body: object } = { status: 200, body: {} };
let requests = 0;
const server = createServer((_, response) => {
  requests += 1;
  response.writeHead(answer.status, { 'Content-Type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(answer.body));
});
let client: DynamoDBClient;
let store: Store;

beforeAll(async () => {
  client = new DynamoDBClient({
    ...clientSettings,
    ...{ endpoint: `http://127.0.0.1:${await listen(server, 0)}`, region: 'us-east-1', maxAttempts: 1 },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  store = dynamoStore(DynamoDBDocumentClient.from(client));
});
afterAll(() => {
  client.destroy();
  server.close();
});

const exception = (name: string, more: object = {}) => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...more },
});
const canceled = (...codes: string[]) =>
  exception('TransactionCanceledException', {
    CancellationReasons: codes.map((Code) => ({
      Code,
      ...(Code === 'ConditionalCheckFailed' ? { Item: { pk: { S: 'p' }, n: { N: '3' } } } : {}),
    })),
  });

test.each([
  ['ThrottlingException', 'Busy'],
  ['ProvisionedThroughputExceededException', 'Busy'],
  ['RequestLimitExceeded', 'Busy'],
  ['TransactionConflictException', 'Busy'],
  ['TransactionInProgressException', 'AnswerLost'],
  ['ItemCollectionSizeLimitExceededException', 'PartitionFull'],
  ['ValidationException', 'ValidationException'],
  ['AccessDeniedException', 'AccessDeniedException'],
])('a plain write that AWS answers with %s is %s, after one request', async (name, outcome) => {
  answer = exception(name);
  requests = 0;
  await expect(store.update({ TableName: 't', Key: { pk: 'p' } })).rejects.toMatchObject({ name: outcome });
  expect(requests).toBe(1);
});

test('a fault of the service leaves open what happened', async () => {
  answer = { status: 500, body: { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError' } };
  await expect(store.get('t', { pk: 'p' })).rejects.toMatchObject({ name: 'AnswerLost' });
});

test.each([
  ['a throttled part', ['None', 'ThrottlingError'], 'Busy'],
  ['another transaction', ['TransactionConflict', 'None'], 'Busy'],
  ['a full partition', ['None', 'ItemCollectionSizeLimitExceeded'], 'PartitionFull'],
])('a transaction canceled by %s is not taken for one whose condition failed', async (_, codes, outcome) => {
  answer = canceled(...codes);
  await expect(store.transact([])).rejects.toMatchObject({ name: outcome });
});

test('a failed condition counts before everything else, and brings the item as it is', async () => {
  answer = canceled('ThrottlingError', 'ConditionalCheckFailed', 'None');
  expect(await store.transact([])).toEqual({
    done: false,
    reasons: [
      { failed: false, item: undefined },
      { failed: true, item: { pk: 'p', n: 3 } },
      { failed: false, item: undefined },
    ],
  });
});

test('actions that DynamoDB will never take are named by their places', async () => {
  answer = canceled('None', 'ValidationError');
  await expect(store.transact([])).rejects.toMatchObject({ name: 'InvalidActions', places: [1] });
});

describe('counts for the alarm of throttled tables', () => {
  const key = { pk: 'p' };
  const throttled = exception('ThrottlingException');
  const answered = (body: object) => ({ status: 200, body });
  const counted = async (reply: typeof answer, request: () => Promise<unknown>): Promise<number> => {
    answer = reply;
    const info = vi.spyOn(console, 'info').mockImplementation(() => {});
    await request().catch(() => undefined);
    const lines = info.mock.calls.filter(([line]) => JSON.parse(String(line)).throttledRequests === 1);
    info.mockRestore();
    return lines.length;
  };

  test('each request that was throttled, as a whole or in part', async () => {
    const get = () => store.get('t', key);
    expect(await counted(throttled, get)).toBe(1);
    expect(await counted(throttled, () => store.put({ TableName: 't', Item: key }))).toBe(1);
    const unread = answered({ Responses: { t: [] }, UnprocessedKeys: { t: { Keys: [{ pk: { S: 'p' } }] } } });
    expect(await counted(unread, () => store.getMany('t', [key]))).toBe(1);
    const unwritten = answered({
      UnprocessedItems: { t: [{ PutRequest: { Item: { pk: { S: 'p' } } } }] },
    });
    expect(await counted(unwritten, () => store.putMany('t', [key]))).toBe(1);
    expect(await counted(canceled('None', 'ThrottlingError'), () => store.transact([]))).toBe(1);
    expect(await counted(canceled('ThrottlingError'), () => store.getTogether('t', [key]))).toBe(1);
  });

  test('no conflict, no failed condition, and no answer that is only long', async () => {
    const transact = () => store.transact([]);
    const conflict = exception('TransactionConflictException');
    expect(await counted(conflict, () => store.update({ TableName: 't', Key: key }))).toBe(0);
    expect(await counted(canceled('TransactionConflict'), transact)).toBe(0);
    expect(await counted(canceled('TransactionConflict'), () => store.getTogether('t', [key]))).toBe(0);
    expect(await counted(canceled('ConditionalCheckFailed'), transact)).toBe(0);
    const cut = answered({
      Responses: { t: [{ pk: { S: 'p' } }] },
      UnprocessedKeys: { t: { Keys: [{ pk: { S: 'q' } }] } },
    });
    expect(await counted(cut, () => store.getMany('t', [key, { pk: 'q' }]))).toBe(0);
    expect(await counted(answered({}), () => store.get('t', key))).toBe(0);
  });
});
