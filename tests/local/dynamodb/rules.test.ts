import { expect, test } from 'vitest';
import { reservedWords } from '../../../local/dynamodb/reserved-words.ts';
import { violations } from '../../../local/dynamodb/violations.ts';
import { table } from './table.ts';

const S = (text: string) => ({ S: text });
const N = (text: string) => ({ N: text });
const TableName = table.name;
const Key = { pk: S('a'), sk: S('b') };

type Request = [operation: string, request: object];
const put = (attributes: object): Request => ['PutItem', { TableName, Item: { ...Key, ...attributes } }];
const get = (more: object): Request => ['GetItem', { TableName, Key, ...more }];
const update = (UpdateExpression: string, values?: object): Request => [
  'UpdateItem',
  { TableName, Key, UpdateExpression, ...(values && { ExpressionAttributeValues: values }) },
];
const query = (more: { ExpressionAttributeValues?: object; [field: string]: unknown }): Request => [
  'Query',
  {
    TableName,
    KeyConditionExpression: 'pk = :p',
    ...more,
    ExpressionAttributeValues: { ':p': S('a'), ...more.ExpressionAttributeValues },
  },
];
const filter = (FilterExpression: string, ExpressionAttributeValues: object = {}) =>
  query({ FilterExpression, ExpressionAttributeValues });
const range = (condition: string, values: object, more: object = {}) =>
  query({
    KeyConditionExpression: `pk = :p AND ${condition}`,
    ExpressionAttributeValues: values,
    ...more,
  });
const owned = (more: object) => query({ IndexName: 'owned', KeyConditionExpression: 'keeper = :p', ...more });
const transact = (actions: object[], more: object = {}): Request => [
  'TransactWriteItems',
  { TransactItems: actions, ...more },
];
const putAction = (sk: string, more: object = {}) => ({
  Put: { TableName, Item: { pk: S('a'), sk: S(sk), ...more } },
});
const getAction = (sk: string) => ({ Get: { TableName, Key: { pk: S('a'), sk: S(sk) } } });
const writeMany = (requests: object[]): Request => [
  'BatchWriteItem',
  { RequestItems: { [TableName]: requests } },
];
const putRequest = (sk: string, more: object = {}) => ({
  PutRequest: { Item: { pk: S('a'), sk: S(sk), ...more } },
});
const getMany = (keys: object[]): Request => [
  'BatchGetItem',
  { RequestItems: { [TableName]: { Keys: keys } } },
];
const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
const keys = (count: number) => times(count, (n) => ({ pk: S('a'), sk: S(`${n}`) }));
const values = (count: number) => Object.fromEntries(times(count, (n) => [`:${n}`, N(`${n}`)]));
const nested = (levels: number) => JSON.parse(`${'{"L":['.repeat(levels)}{"N":"1"}${']}'.repeat(levels)}`);
const remove = (bytes: number) => `REMOVE ${'x'.repeat(bytes - 'REMOVE '.length)}`;
const bytesOfKeys = 'pkaskb'.length;

/** Per rule: a request that AWS takes, one that it refuses, and a word of the violation. */
const rules: [rule: string, accepted: Request, refused: Request, violation: string][] = [
  ['4 KB of an expression', update(remove(4_096)), update(remove(4_097)), '4097 bytes'],
  [
    '300 operators',
    filter(`NOT ${times(150, (n) => `n = :${n}`).join(' OR ')}`, values(150)),
    filter(times(151, (n) => `n = :${n}`).join(' OR '), values(151)),
    '301 operators',
  ],
  [
    'the AND of a BETWEEN is no operator',
    filter(times(150, () => 'n BETWEEN :0 AND :1').join(' OR '), values(2)),
    filter(times(151, () => 'n BETWEEN :0 AND :1').join(' OR '), values(2)),
    '301 operators',
  ],
  [
    '300 operators of an update, without its assignments',
    update(`SET ${times(300, (n) => `a${n}=:0+:0`).join()}`, values(1)),
    update(`SET ${times(301, (n) => `a${n}=:0+:0`).join()}`, values(1)),
    '301 operators',
  ],
  [
    '100 operands of IN',
    filter(`n IN (${Object.keys(values(100)).join()})`, values(100)),
    filter(`n IN (${Object.keys(values(101)).join()})`, values(101)),
    '101 operands of IN',
  ],
  [
    'reserved words',
    get({ ProjectionExpression: 'a.b' }),
    get({ ProjectionExpression: 'a.Name' }),
    'reserved',
  ],
  [
    'reserved words behind placeholders',
    get({ ProjectionExpression: '#n', ExpressionAttributeNames: { '#n': 'name' } }),
    update('REMOVE status'),
    'reserved',
  ],
  [
    'names begin with a letter',
    get({ ProjectionExpression: 'a_' }),
    get({ ProjectionExpression: '_a' }),
    'letter',
  ],
  [
    'names are defined',
    update('SET a = :0', values(1)),
    update('SET #a = :0', values(1)),
    '#a is not defined',
  ],
  ['values are defined', update('SET a = :0', values(1)), update('SET a = :0'), ':0 is not defined'],
  [
    'names are used',
    get({ ProjectionExpression: '#n', ExpressionAttributeNames: { '#n': 'n' } }),
    get({ ExpressionAttributeNames: { '#n': 'n' } }),
    '#n is defined and not used',
  ],
  [
    'values are used',
    update('SET a = :0', values(1)),
    update('SET a = :0', values(2)),
    ':1 is defined and not used',
  ],
  [
    'a path once',
    update('SET a = :0, b = :0', values(1)),
    update('SET a = :0 REMOVE a', values(1)),
    'used twice',
  ],
  [
    'paths apart',
    update('SET a.b = :0, a.c = :0', values(1)),
    update('SET a = :0, a.c = :0', values(1)),
    'overlap',
  ],
  [
    'lists or maps',
    update('SET a[0] = :0, a[1] = :0', values(1)),
    update('SET a[0] = :0, a.b = :0', values(1)),
    'conflict',
  ],
  [
    'projections apart',
    get({ ProjectionExpression: 'a, b' }),
    get({ ProjectionExpression: 'a, a.b' }),
    'overlap',
  ],
  ['different operands', filter('n = m'), filter('n = n'), 'compared with itself'],
  ['operands with an order', filter('n < :0', values(1)), filter('n < :0', { ':0': { BOOL: true } }), 'BOOL'],
  [
    'keys stay',
    update('SET ix = :0', { ':0': S('x') }),
    update('SET sk = :0', { ':0': S('x') }),
    'changes the key',
  ],
  [
    'keys stay in transactions',
    transact([{ Update: { TableName, Key, UpdateExpression: 'REMOVE a' } }]),
    transact([{ Update: { TableName, Key, UpdateExpression: 'REMOVE sk' } }]),
    'action 0: UpdateItem changes the key attribute sk',
  ],
  [
    'an index key that is set',
    update('SET ix = :0', { ':0': S('x') }),
    update('SET ix = :0', { ':0': S('') }),
    'ix is empty',
  ],
  ['keys are not empty', put({}), put({ sk: S('') }), 'sk is empty'],
  ['binary keys are of the right type', put({}), put({ sk: { B: '' } }), 'type B instead of S'],
  ['keys of indexes are not empty', put({ ix: S('x') }), put({ ix: S('') }), 'ix is empty'],
  ['keys of global indexes are not empty', put({ at: S('x') }), put({ at: S('') }), 'at is empty'],
  [
    'sort keys of 1,024 bytes',
    put({ sk: S('é'.repeat(512)) }),
    put({ sk: S(`${'é'.repeat(512)}x`) }),
    '1025 bytes',
  ],
  [
    'partition keys of 2,048 bytes',
    put({ pk: S('x'.repeat(2_048)) }),
    put({ pk: S('x'.repeat(2_049)) }),
    '2049 bytes',
  ],
  [
    'index keys of 1,024 bytes',
    put({ ix: S('x'.repeat(1_024)) }),
    put({ ix: S('x'.repeat(1_025)) }),
    '1025 bytes',
  ],
  ['whole keys', get({}), get({ Key: { pk: S('a') } }), 'lacks the attribute sk'],
  ['nothing but keys', get({}), get({ Key: { ...Key, ix: S('x') } }), 'other attributes'],
  [
    '400 KB of an item',
    put({ n: S('x'.repeat(409_600 - bytesOfKeys - 1)) }),
    put({ n: S('x'.repeat(409_600 - bytesOfKeys)) }),
    '409601 bytes',
  ],
  [
    'the overhead of lists',
    put({ n: { L: [S('x'.repeat(409_600 - bytesOfKeys - 1 - 3 - 1))] } }),
    put({ n: { L: [S('x'.repeat(409_600 - bytesOfKeys - 1 - 3))] } }),
    '409601 bytes',
  ],
  ['32 levels', put({ n: nested(31) }), put({ n: nested(32) }), '32 levels'],
  [
    '38 digits',
    put({ n: N(`${'1'.repeat(38)}000`) }),
    put({ n: N('1'.repeat(39)) }),
    '39 significant digits',
  ],
  ['large numbers', put({ n: N('9.9e125') }), put({ n: N('1e126') }), 'greater'],
  ['small numbers', put({ n: N('1e-130') }), put({ n: N('1e-131') }), 'nearer to zero'],
  ['numbers', put({ n: N('-.5') }), put({ n: N('NaN') }), 'not a number'],
  ['sets with members', put({ n: { SS: [''] } }), put({ n: { SS: [] } }), 'empty'],
  ['sets of different members', put({ n: { NS: ['1', '2'] } }), put({ n: { NS: ['1', '1.0'] } }), 'twice'],
  ['NULL is true', put({ n: { NULL: true } }), put({ n: { NULL: false } }), 'NULL'],
  ['attributes have names', put({ n: { M: { '': N('1') } } }), put({ '': N('1') }), 'empty name'],
  [
    'a prefix is not empty',
    range('begins_with(sk, :s)', { ':s': S('x') }),
    range('begins_with(sk, :s)', { ':s': S('') }),
    'sk is empty',
  ],
  [
    'a bound is not empty',
    range('sk > :s', { ':s': S('x') }),
    range('sk > :s', { ':s': S('') }),
    'sk is empty',
  ],
  [
    'key conditions have the type of keys',
    range('sk > :s', { ':s': S('1') }),
    range('sk > :s', { ':s': N('1') }),
    'type N',
  ],
  ['a known index', query({ IndexName: 'thin' }), query({ IndexName: 'thick' }), 'no index thick'],
  [
    'a start key of the table',
    query({ ExclusiveStartKey: Key }),
    query({ ExclusiveStartKey: { pk: S('a') } }),
    'sk is missing',
  ],
  [
    'a start key of an index',
    query({ IndexName: 'thin', ExclusiveStartKey: { ...Key, ix: S('x') } }),
    query({ IndexName: 'thin', ExclusiveStartKey: Key }),
    'ix is missing',
  ],
  [
    'a start key without more',
    query({ ExclusiveStartKey: Key }),
    query({ ExclusiveStartKey: { ...Key, n: S('x') } }),
    'n is no key',
  ],
  [
    'a start key in the partition',
    query({ ExclusiveStartKey: Key }),
    query({ ExclusiveStartKey: { ...Key, pk: S('z') } }),
    'pk is outside',
  ],
  [
    'a start key with the prefix',
    range('begins_with(sk, :s)', { ':s': S('b') }, { ExclusiveStartKey: Key }),
    range('begins_with(sk, :s)', { ':s': S('x') }, { ExclusiveStartKey: Key }),
    'sk is outside',
  ],
  [
    'a start key in the range',
    range('sk BETWEEN :s AND :t', { ':s': S('b'), ':t': S('c') }, { ExclusiveStartKey: Key }),
    range('sk BETWEEN :s AND :t', { ':s': S('c'), ':t': S('d') }, { ExclusiveStartKey: Key }),
    'sk is outside',
  ],
  [
    'a start key below its bound',
    range('sk <= :s', { ':s': S('b') }, { ExclusiveStartKey: Key }),
    range('sk < :s', { ':s': S('b') }, { ExclusiveStartKey: Key }),
    'sk is outside',
  ],
  [
    'a start key of a scan',
    ['Scan', { TableName, ExclusiveStartKey: Key }],
    ['Scan', { TableName, ExclusiveStartKey: { pk: S('a') } }],
    'sk is missing',
  ],
  ['a limit', query({ Limit: 1 }), query({ Limit: 0 }), 'Limit is 0'],
  [
    'segments',
    ['Scan', { TableName, Segment: 0, TotalSegments: 1 }],
    ['Scan', { TableName, Segment: 1, TotalSegments: 1 }],
    'Segment 1',
  ],
  ['global indexes are eventually consistent', owned({}), owned({ ConsistentRead: true }), 'consistent read'],
  [
    'local indexes hold all on demand',
    query({ IndexName: 'thin', Select: 'ALL_ATTRIBUTES' }),
    owned({ Select: 'ALL_ATTRIBUTES' }),
    'does not hold all',
  ],
  [
    'projections of a global index',
    owned({ ProjectionExpression: 'pk' }),
    owned({ ProjectionExpression: 'n' }),
    'does not hold the attribute n',
  ],
  [
    'filters of a local index',
    query({ IndexName: 'thin', FilterExpression: 'tx = :p' }),
    query({ IndexName: 'thin', FilterExpression: 'n = :p' }),
    'does not hold the attribute n',
  ],
  [
    'filters of a global index',
    owned({ FilterExpression: 'sk = :p' }),
    owned({ FilterExpression: 'n = :p' }),
    'does not hold the attribute n',
  ],
  [
    'a count without attributes',
    query({ Select: 'COUNT' }),
    query({ Select: 'COUNT', ProjectionExpression: 'n' }),
    'beside a ProjectionExpression',
  ],
  [
    'specific attributes are named',
    query({ Select: 'SPECIFIC_ATTRIBUTES', ProjectionExpression: 'n' }),
    query({ Select: 'SPECIFIC_ATTRIBUTES' }),
    'without a ProjectionExpression',
  ],
  [
    'projected attributes of an index',
    query({ Select: 'ALL_PROJECTED_ATTRIBUTES', IndexName: 'thin' }),
    query({ Select: 'ALL_PROJECTED_ATTRIBUTES' }),
    'without an index',
  ],
  [
    '100 actions',
    transact(times(100, (n) => putAction(`${n}`))),
    transact(times(101, (n) => putAction(`${n}`))),
    '101 actions',
  ],
  [
    'one action on an item',
    transact([putAction('1'), putAction('2')]),
    transact([putAction('1'), { Delete: { TableName, Key: { pk: S('a'), sk: S('1') } } }]),
    'second time',
  ],
  [
    'one reading of an item',
    ['TransactGetItems', { TransactItems: [getAction('1'), getAction('2')] }],
    ['TransactGetItems', { TransactItems: [getAction('1'), getAction('1')] }],
    'second time',
  ],
  [
    '4 MB of a transaction',
    transact(times(10, (n) => putAction(`${n}`, { n: S('x'.repeat(400_000)) }))),
    transact(times(11, (n) => putAction(`${n}`, { n: S('x'.repeat(400_000)) }))),
    'a transaction has',
  ],
  [
    '36 characters of a token',
    transact([putAction('1')], { ClientRequestToken: 'x'.repeat(36) }),
    transact([putAction('1')], { ClientRequestToken: 'x'.repeat(37) }),
    '37 characters',
  ],
  [
    '25 writes',
    writeMany(times(25, (n) => putRequest(`${n}`))),
    writeMany(times(26, (n) => putRequest(`${n}`))),
    '26 writes',
  ],
  [
    'one write of an item',
    writeMany([putRequest('1'), putRequest('2')]),
    writeMany([putRequest('1'), { DeleteRequest: { Key: { pk: S('a'), sk: S('1') } } }]),
    'second time',
  ],
  [
    '16 MB of writes',
    writeMany(times(25, (n) => putRequest(`${n}`, { n: S('x'.repeat(400_000)) }))),
    writeMany(times(25, (n) => putRequest(`${n}`, { n: S('x'.repeat(700_000)) }))),
    'a BatchWriteItem has',
  ],
  ['100 keys', getMany(keys(100)), getMany(keys(101)), '101 keys'],
  ['one reading of a key', getMany(keys(2)), getMany([Key, Key]), 'second time'],
];

test.each(rules)('%s', (_rule, accepted, refused, violation) => {
  expect(violations(...accepted, [table])).toEqual([]);
  expect(violations(...refused, [table]).join('\n')).toContain(violation);
});

test('tables that are not known are checked without their keys', () => {
  expect(violations('PutItem', { TableName: 'others', Item: { id: S('') } }, [table])).toEqual([]);
  expect(violations('PutItem', { TableName: 'others', Item: { id: N('x') } }, [table])).toHaveLength(1);
});

test('a table may be named by its ARN', () => {
  const arn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
  expect(violations('GetItem', { TableName: arn, Key: { pk: S('a'), sk: S('') } }, [table])).toHaveLength(1);
});

test('the reserved words are those of AWS', () => {
  expect(reservedWords.size).toBe(573);
});

test('other operations have no rules', () => {
  expect(violations('CreateTable', { TableName: '' }, [table])).toEqual([]);
});
