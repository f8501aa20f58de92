import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import {
  type Item,
  type Key,
  Refused,
  ReplyLost,
  type Store,
  type Transacted,
  type Written,
} from './store.ts';
import { documents } from './tables.ts';

/** Nothing happened, and may at once or a little later. */
const refusals = new Set([
  'TransactionConflictException',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'ProvisionedThroughputExceededException',
]);
/** The same, as DynamoDB spells it among the reasons of a cancelled transaction. */
const reasonsToWait = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);
/** No answer, or one that leaves open what happened. */
const losses = new Set([
  'InternalServerError',
  'InternalFailure',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'TransactionInProgressException',
  'TimeoutError',
  'RequestTimeout',
  'AbortError',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Sorts what the SDK throws: refused, lost, or (bad requests, missing permissions) a fault that passes through. */
function sorted(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, $metadata } = error as Error & { code?: string; $metadata?: { httpStatusCode?: number } };
  if (refusals.has(error.name)) return new Refused(error.name, { cause: error });
  const status = $metadata?.httpStatusCode ?? 0;
  if (losses.has(error.name) || (code && losses.has(code)) || status >= 500)
    return new ReplyLost(code ?? error.name, { cause: error });
  return error;
}

async function answerOf<R>(request: Promise<R>): Promise<R> {
  try {
    return await request;
  } catch (error) {
    throw sorted(error);
  }
}

/** The item that failed a condition comes in DynamoDB's own notation: the document client does not translate errors. */
const oldItem = (item: Record<string, AttributeValue> | undefined): Item | undefined =>
  item && unmarshall(item);

async function written(request: Promise<{ Attributes?: Item }>): Promise<Written> {
  try {
    return { done: true, item: (await request).Attributes };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { done: false, item: oldItem(error.Item) };
    throw sorted(error);
  }
}

/** A transaction that a condition stopped says so; one that was only in somebody's way is refused. */
function cancelled(error: TransactionCanceledException): Transacted {
  const reasons = error.CancellationReasons ?? [];
  const codes = reasons.map((reason) => reason.Code ?? 'None');
  if (codes.includes('ConditionalCheckFailed'))
    return {
      done: false,
      reasons: reasons.map(({ Code, Item }) => ({
        failed: Code === 'ConditionalCheckFailed',
        item: oldItem(Item),
      })),
    };
  if (codes.some((code) => reasonsToWait.has(code))) throw new Refused(codes.join(' '), { cause: error });
  throw error;
}

/** A client for `dynamoStore`, on the connections and credentials of the container's own. */
function singleAttemptClient(): DynamoDBDocumentClient {
  const { region, endpoint, credentials, requestHandler, logger } = documents().config;
  const client = new DynamoDBClient({
    region,
    endpoint,
    credentials,
    requestHandler,
    logger,
    maxAttempts: 1,
  });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/**
 * The store on DynamoDB.
 *
 * It sends each request once: an echo of a put without conditions could overwrite what came later, and of a lost transaction the
 * protocol has to know. So `client` needs `maxAttempts: 1`; the default one is made on first use.
 */
export function dynamoStore(client?: DynamoDBDocumentClient): Store {
  let made = client;
  const connection = () => {
    made ??= singleAttemptClient();
    return made;
  };
  return {
    get: async (TableName, Key) => {
      const { Item } = await answerOf(
        connection().send(new GetCommand({ TableName, Key, ConsistentRead: true })),
      );
      return Item;
    },
    getMany: async (table, keys, attributes) => {
      const narrowed = attributes && {
        ProjectionExpression: attributes.map((_, index) => `#${index}`).join(', '),
        ExpressionAttributeNames: Object.fromEntries(attributes.map((name, index) => [`#${index}`, name])),
      };
      const RequestItems = { [table]: { Keys: keys, ConsistentRead: true, ...narrowed } };
      const reply = await answerOf(connection().send(new BatchGetCommand({ RequestItems })));
      return {
        items: reply.Responses?.[table] ?? [],
        unread: (reply.UnprocessedKeys?.[table]?.Keys ?? []) as unknown as Key[],
      };
    },
    getTogether: async (TableName, keys) => {
      const TransactItems = keys.map((Key) => ({ Get: { TableName, Key } }));
      try {
        const reply = await connection().send(new TransactGetCommand({ TransactItems }));
        return (reply.Responses ?? []).map((response) => response.Item);
      } catch (error) {
        if (error instanceof TransactionCanceledException) throw new Refused(error.message, { cause: error });
        throw sorted(error);
      }
    },
    query: async (query) => {
      const reply = await answerOf(connection().send(new QueryCommand({ ...query, ConsistentRead: true })));
      return { items: reply.Items ?? [], count: reply.Count ?? 0, next: reply.LastEvaluatedKey };
    },
    put: (put) => written(connection().send(new PutCommand(put))),
    update: (update) => written(connection().send(new UpdateCommand(update))),
    remove: (remove) => written(connection().send(new DeleteCommand(remove))),
    putMany: async (table, items) => {
      const RequestItems = { [table]: items.map((Item) => ({ PutRequest: { Item } })) };
      const reply = await answerOf(connection().send(new BatchWriteCommand({ RequestItems })));
      return (reply.UnprocessedItems?.[table] ?? []).flatMap(({ PutRequest }) => PutRequest?.Item ?? []);
    },
    transact: async (actions) => {
      try {
        await connection().send(new TransactWriteCommand({ TransactItems: actions }));
        return { done: true };
      } catch (error) {
        if (error instanceof TransactionCanceledException) return cancelled(error);
        throw sorted(error);
      }
    },
  };
}
