/** Tests that `tests/refused.test.ts` runs, and most of which must fail. No `*.test.ts`, so nothing else runs them. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, inject, test } from 'vitest';
import { startTable } from '../core/batch/table.ts';
import { startEngine } from '../core/ledger/engine.ts';
import { post } from '../local/fixture/run.ts';
import { expectRefusal } from './refusals.ts';

/** Has a function of the shared service send this, which copes with every refusal. */
async function send(command: string, input: object): Promise<string> {
  const { body } = await post(`${inject('url')}/tables`, [[command, { TableName: '$ITEMS', ...input }]]);
  return JSON.stringify(body);
}
const key = { pk: { S: 'a' }, sk: { S: 'text' } };
const addToText = {
  Key: key,
  UpdateExpression: 'ADD n :one',
  ExpressionAttributeValues: { ':one': { N: '1' } },
};
/** Two of it do not fit into an item. */
const half = 'x'.repeat(300_000);
/** dynoxide would take it. */
const emptyPrefix = {
  KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
  ExpressionAttributeValues: { ':pk': { S: 'a' }, ':prefix': { S: '' } },
};

test('sends what DynamoDB takes', async () => {
  expect(await send('PutItemCommand', { Item: { ...key, n: { S: 'text' } } })).not.toContain('Exception');
});
test('a function sends what only AWS refuses', async () => {
  expect(await send('QueryCommand', emptyPrefix)).toContain('strict: ');
});
test('a condition that fails is no refusal', async () => {
  const put = { Item: key, ConditionExpression: 'attribute_not_exists(pk)' };
  expect(await send('PutItemCommand', put)).toContain('ConditionalCheckFailedException');
});
test('a function sends what the engine refuses', async () => {
  expect(await send('UpdateItemCommand', addToText)).toContain('ValidationException');
});
test('a function sends a transaction with an action that the engine refuses', async () => {
  const grow = { UpdateExpression: 'SET m = :m', ExpressionAttributeValues: { ':m': { S: half } } };
  const { body } = await post(`${inject('url')}/tables`, [
    ['PutItemCommand', { TableName: '$ITEMS', Item: { ...key, n: { S: half } } }],
    [
      'TransactWriteItemsCommand',
      { TransactItems: [{ Update: { TableName: '$ITEMS', Key: key, ...grow } }] },
    ],
  ]);
  expect(JSON.stringify(body)).toContain('TransactionCanceledException');
});
test('sends nothing, after others that were refused', () => {});

const table = await startTable();
const put = (sk: string) => table.store.put({ TableName: table.name, Item: { pk: 'a', sk, n: 'text' } });
const addOne = {
  TableName: table.name,
  Key: { pk: 'a', sk: 'text' },
  UpdateExpression: 'ADD n :one',
  ExpressionAttributeValues: { ':one': 1 },
};

test('a client of an engine sends what only AWS refuses', async () => {
  await expect(put('')).rejects.toThrow('strict: ');
});
test('a client of an engine sends what the engine refuses', async () => {
  await put('text');
  await expect(table.store.update(addOne)).rejects.toThrow();
});
test('a client of an engine sends a transaction with an action that the engine refuses', async () => {
  await table.store.put({ TableName: table.name, Item: { pk: 'a', sk: 'text', n: half } });
  const grow = { UpdateExpression: 'SET m = :m', ExpressionAttributeValues: { ':m': half } };
  const { TableName, Key } = addOne;
  await expect(table.store.transact([{ Update: { TableName, Key, ...grow } }])).rejects.toThrow('as invalid');
});
test('expects the refusal that it provokes', async () => {
  expectRefusal(/sk is empty/);
  await expect(put('')).rejects.toThrow('strict: ');
});
test('expects one refusal and provokes another', async () => {
  expectRefusal(/sk is empty/);
  await expect(table.store.update(addOne)).rejects.toThrow();
});
test('expects a refusal and provokes none', () => {
  expectRefusal(/sk is empty/);
});
test('an engine that the test ends was sent what AWS refuses', async () => {
  const engine = await startEngine();
  const command = new PutCommand({ TableName: 'none', Item: { '': 'x' } });
  await expect(engine.documents().send(command)).rejects.toThrow('strict: ');
  await engine.kill();
});
