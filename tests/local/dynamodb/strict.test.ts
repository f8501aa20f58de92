import { PutItemCommand, type PutItemCommandInput } from '@aws-sdk/client-dynamodb';
import { beforeAll, expect, test } from 'vitest';
import { dynoxide } from '../../../local/dynamodb/dynoxide.ts';
import type { Running } from '../../../local/start.ts';
import { nameOf, post, rootClient, startFixture } from '../fixture/run.ts';

let running: Running;
beforeAll(async () => {
  running = await startFixture();
});

/** dynoxide would take both. */
const withEmptyPrefix = {
  KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
  ExpressionAttributeValues: { ':pk': { S: 'a' }, ':prefix': { S: '' } },
};
const withNamelessAttribute = (TableName: string): PutItemCommandInput => ({
  TableName,
  Item: { pk: { S: 'a' }, sk: { S: 'nameless' }, '': { S: 'x' } },
});

test('a function that sends what AWS refuses is refused, and the run remembers it', async () => {
  const { status, body } = await post(`${running.url}/tables`, [
    ['QueryCommand', { TableName: '$ITEMS', ...withEmptyPrefix }],
  ]);
  expect(status).toBe(500);
  expect(body).toMatchObject({
    error: 'ValidationException',
    message: expect.stringMatching(/^strict: Query: KeyConditionExpression: the key attribute sk is empty/),
  });
  expect(running.refused().at(-1)).toContain('sk is empty');
  expect(
    running.logs().some(({ source, text }) => source === 'refused' && text.includes('strict: Query')),
  ).toBe(true);
});

test('so is whoever calls the AWS endpoint', async () => {
  const items = nameOf(running, 'AWS::DynamoDB::GlobalTable', 'Items');
  await expect(rootClient(running).send(new PutItemCommand(withNamelessAttribute(items)))).rejects.toThrow(
    'strict: PutItem: an attribute has an empty name',
  );
  expect(running.refused().at(-1)).toContain('empty name');
});

test('without the check the engine alone decides, and dynoxide takes both', async () => {
  const lenient = await startFixture({ strict: false, engine: dynoxide });
  const items = nameOf(lenient, 'AWS::DynamoDB::GlobalTable', 'Items');
  await rootClient(lenient).send(new PutItemCommand(withNamelessAttribute(items)));
  const { status } = await post(`${lenient.url}/tables`, [
    ['QueryCommand', { TableName: '$ITEMS', ...withEmptyPrefix }],
  ]);
  expect(status).toBe(200);
  expect(lenient.refused()).toEqual([]);
});
