import { beforeAll, describe, expect, test } from 'vitest';
import { readStatements } from '../../local/iam/statement.ts';
import type { Running } from '../../local/start.ts';
import { post, startFixture } from './fixture/run.ts';

let running: Running;
beforeAll(async () => {
  running = await startFixture();
});

interface Refused {
  readonly error: string;
  readonly message: string;
}
const tables = (...commands: unknown[]): Promise<{ status: number; body: never }> =>
  post(`${running.url}/tables`, commands);
const put = (table: string) => ({ Put: { TableName: table, Item: { pk: { S: 'a' }, sk: { S: 'a' } } } });

describe('a function may do what its role is granted, and nothing else', () => {
  test('granted calls pass', async () => {
    const { status, body } = await tables(
      ['PutItemCommand', { TableName: '$ITEMS', Item: { pk: { S: 'a' }, sk: { S: 'b' }, n: { N: '1' } } }],
      ['GetItemCommand', { TableName: '$ITEMS', Key: { pk: { S: 'a' }, sk: { S: 'b' } } }],
      ['TransactWriteItemsCommand', { TransactItems: [put('$ITEMS')] }],
    );
    expect(status).toBe(200);
    expect((body as { Item: unknown }[])[1]?.Item).toMatchObject({ n: { N: '1' } });
  });

  test('a missing grant is denied naming action and resource, and the log says so', async () => {
    const key = { TableName: '$ITEMS', Key: { pk: { S: 'a' }, sk: { S: 'b' } } };
    const { status, body } = await tables(['DeleteItemCommand', key]);
    expect(status).toBe(500);
    const { error, message } = body as Refused;
    expect(error).toBe('AccessDeniedException');
    expect(message).toMatch(
      /not authorized to perform: dynamodb:DeleteItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table\/Fixture-Items/,
    );
    expect(running.logs().some(({ source, text }) => source === 'iam' && text === message)).toBe(true);
  });

  test('a transaction is judged item by item, and nothing of a denied one is written', async () => {
    const { body } = await tables([
      'TransactWriteItemsCommand',
      {
        TransactItems: [
          { Put: { TableName: '$ITEMS', Item: { pk: { S: 'x' }, sk: { S: 'x' } } } },
          { Delete: { TableName: '$SECONDS', Key: { pk: { S: 'a' } } } },
        ],
      },
    ]);
    expect((body as Refused).message).toMatch(/dynamodb:DeleteItem on resource: \S+table\/Fixture-Seconds/);
    const { body: read } = await tables([
      'GetItemCommand',
      { TableName: '$ITEMS', Key: { pk: { S: 'x' }, sk: { S: 'x' } } },
    ]);
    expect((read as { Item?: unknown }[])[0]?.Item).toBeUndefined();
  });

  test('an attribute that is called like a table’s name is no table', async () => {
    const item = { pk: { S: 'a' }, sk: { S: 'n' }, TableName: { S: '"TableName":"Other"' } };
    const { status } = await tables([
      'TransactWriteItemsCommand',
      { TransactItems: [{ Put: { TableName: '$ITEMS', Item: item } }] },
    ]);
    expect(status).toBe(200);
  });

  test('an index needs a grant of its own', async () => {
    const query = {
      TableName: '$ITEMS',
      IndexName: 'byKind',
      KeyConditionExpression: 'kind = :k',
      ExpressionAttributeValues: { ':k': { S: 'x' } },
    };
    const { status, body } = await tables(['QueryCommand', query]);
    // CDK's grant covers the table and its indexes; the second table has none.
    expect(status, JSON.stringify(body)).toBe(200);
    const { body: denied } = await tables(['QueryCommand', { ...query, TableName: '$SECONDS' }]);
    expect((denied as Refused).message).toMatch(/dynamodb:Query on resource: \S+Seconds\S*\/index\/byKind/);
  });

  test.each([
    ['sqs', 'ReceiveMessageCommand', { QueueUrl: '$QUEUE_URL' }, 'sqs:ReceiveMessage'],
    ['s3', 'ListBucketsCommand', {}, 's3:ListAllMyBuckets'],
    ['lambda', 'InvokeCommand', { FunctionName: 'Fixture-TickFunction' }, 'lambda:InvokeFunction'],
    ['dynamodb', 'ListTablesCommand', {}, 'dynamodb:ListTables'],
  ])('%s is judged as well', async (service, command, input, action) => {
    const { body } = await post(`${running.url}/send`, [service, [command, input]]);
    expect((body as Refused).message).toContain(`not authorized to perform: ${action}`);
  });
});

test('a service that the local run does not have is refused by name', async () => {
  const response = await fetch(running.awsEndpoint, {
    method: 'POST',
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=root/20260101/us-east-1/bedrock/aws4_request, Signature=x',
    },
  });
  expect(response.status).toBe(501);
  expect(await response.text()).toContain('The local run has no bedrock; nothing was sent to AWS');
});

test('a key that is no role of the stack is not let in', async () => {
  const response = await fetch(running.awsEndpoint, {
    method: 'POST',
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=stranger/20260101/us-east-1/dynamodb/aws4_request, Signature=x',
    },
  });
  expect(response.status).toBe(403);
});

describe('policies', () => {
  const judge = (statement: object, action: string, resource: string, context = {}): boolean => {
    const [read] = readStatements({ Statement: statement as never }, 'a test');
    return (
      read?.matchesAction(action) === true && read.matchesResource(resource) && read.conditionsHold(context)
    );
  };
  const allow = { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::files/in/?.txt' };

  test('wildcards stand for any text or one character, and actions ignore case', () => {
    expect(judge(allow, 's3:getobject', 'arn:aws:s3:::files/in/a.txt')).toBe(true);
    expect(judge(allow, 's3:GetObject', 'arn:aws:s3:::files/in/ab.txt')).toBe(false);
    expect(judge(allow, 's3:PutObject', 'arn:aws:s3:::files/in/a.txt')).toBe(false);
  });

  test('NotAction and NotResource mean all others', () => {
    expect(judge({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }, 'sqs:SendMessage', 'x')).toBe(true);
    expect(judge({ Effect: 'Allow', Action: '*', NotResource: ['a', 'b'] }, 'x:Y', 'b')).toBe(false);
  });

  test('a condition holds only for its values', () => {
    const conditional = {
      ...allow,
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': ['us-east-1'] } },
    };
    expect(judge(conditional, 's3:GetObject', 'x', { 'aws:requestedregion': ['us-east-1'] })).toBe(true);
    expect(judge(conditional, 's3:GetObject', 'x', { 'aws:requestedregion': ['eu-west-1'] })).toBe(false);
    expect(judge(conditional, 's3:GetObject', 'x')).toBe(false);
  });

  test('a condition that is not understood stops the start instead of being guessed', () => {
    expect(() =>
      judge({ ...allow, Condition: { DateGreaterThan: { 'aws:CurrentTime': 'x' } } }, 'a', 'b'),
    ).toThrow('a test uses the condition DateGreaterThan, which a local run does not know');
    expect(() =>
      judge({ ...allow, Condition: { StringEquals: { 'dynamodb:LeadingKeys': 'x' } } }, 'a', 'b'),
    ).toThrow('dynamodb:LeadingKeys');
  });
});
