import {
  type AttributeValue,
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { isThrottled, lostAnswer } from '../aws-errors.ts';
import { measure } from '../metrics.ts';
import { documentClient } from './client.ts';
import { AnswerLost, Busy, InvalidActions, PartitionFull } from './errors.ts';
import { projection } from './query-all.ts';
import type { Item, Store, TableKey, Transacted, Written } from './store.ts';

/** The same, as DynamoDB spells it among the reasons of a cancelled transaction. */
const throttledReasons = new Set(['ThrottlingError', 'ProvisionedThroughputExceeded']);
const conflict = 'TransactionConflict';

/** Counts a request that DynamoDB throttled, as a whole or in part, for an alarm. */
const countThrottled = (): void => measure('throttledRequests', 'Count', 1);

/** The error for a cancelled transaction that may be sent again, if one of these is among its reasons. */
function busy(codes: readonly string[], cause: Error): Busy | undefined {
  const isThrottled = codes.some((code) => throttledReasons.has(code));
  if (isThrottled) countThrottled();
  return isThrottled || codes.includes(conflict) ? new Busy(codes.join(' '), { cause }) : undefined;
}

/** The spelling of an exception and of a reason in one. */
const isFull = (code: string | undefined): boolean =>
  code?.startsWith('ItemCollectionSizeLimitExceeded') ?? false;

/**
 * Sorts what the SDK throws. Bad requests and missing permissions pass through as they are: they are faults
 * of ours.
 */
function sorted(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (isThrottled(error)) {
    if (!error.name.startsWith(conflict)) countThrottled();
    return new Busy(error.name, { cause: error });
  }
  if (isFull(error.name)) return new PartitionFull();
  const lost = lostAnswer(error);
  return lost ? new AnswerLost(lost, { cause: error }) : error;
}

async function answerOf<R>(request: Promise<R>): Promise<R> {
  try {
    return await request;
  } catch (error) {
    throw sorted(error);
  }
}

/**
 * The item that failed a condition comes in DynamoDB's own notation, since the document client does not
 * translate errors.
 */
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

const codesOf = ({ CancellationReasons = [] }: TransactionCanceledException): string[] =>
  CancellationReasons.map(({ Code = 'None' }) => Code);

/**
 * The outcome of a cancelled transaction. A failed condition counts before everything else, since it is an
 * answer.
 */
function cancelled(error: TransactionCanceledException): Transacted {
  const reasons = error.CancellationReasons ?? [];
  const codes = codesOf(error);
  if (codes.includes('ConditionalCheckFailed'))
    return {
      done: false,
      reasons: reasons.map(({ Code, Item }) => ({
        failed: Code === 'ConditionalCheckFailed',
        item: oldItem(Item),
      })),
    };
  const again = busy(codes, error);
  if (again) throw again;
  if (codes.some(isFull)) throw new PartitionFull();
  const invalid = [...codes.keys()].filter((place) => codes[place] === 'ValidationError');
  throw invalid.length > 0 ? new InvalidActions(invalid, { cause: error }) : error;
}

/** The lower estimate of the largest partition among these, in GB. */
function largestPartitionGb(
  metrics: Readonly<Record<string, readonly { SizeEstimateRangeGB?: number[] | undefined }[]>> = {},
): number | undefined {
  const sizes = Object.values(metrics).flatMap((ofTable) =>
    ofTable.flatMap(({ SizeEstimateRangeGB: range }) => range?.slice(0, 1) ?? []),
  );
  return sizes.length > 0 ? Math.max(...sizes) : undefined;
}

/**
 * The port on DynamoDB: each call sends one request, once.
 *
 * @param client one with `maxAttempts: 1`; the container's own unless given, made on first use.
 */
export function dynamoStore(client?: DynamoDBDocumentClient): Store {
  const connection = () => client ?? documentClient();
  return {
    get: async (TableName, Key) => {
      const { Item } = await answerOf(
        connection().send(new GetCommand({ TableName, Key, ConsistentRead: true })),
      );
      return Item;
    },
    getMany: async (table, keys, attributes, consistency = 'strong') => {
      const RequestItems = {
        [table]: {
          ...{ Keys: keys, ConsistentRead: consistency === 'strong' },
          ...(attributes && projection(attributes)),
        },
      };
      const reply = await answerOf(connection().send(new BatchGetCommand({ RequestItems })));
      const items = reply.Responses?.[table] ?? [];
      const unread = (reply.UnprocessedKeys?.[table]?.Keys ?? []) as TableKey[];
      // A large answer is cut; one with nothing in it means throttling.
      if (items.length === 0 && unread.length > 0) countThrottled();
      return { items, unread };
    },
    getTogether: async (TableName, keys) => {
      const TransactItems = keys.map((Key) => ({ Get: { TableName, Key } }));
      try {
        const reply = await connection().send(new TransactGetCommand({ TransactItems }));
        return (reply.Responses ?? []).map((response) => response.Item);
      } catch (error) {
        if (error instanceof TransactionCanceledException)
          throw busy(codesOf(error), error) ?? new Busy(error.message, { cause: error });
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
      const reply = await answerOf(
        connection().send(new BatchWriteCommand({ RequestItems, ReturnItemCollectionMetrics: 'SIZE' })),
      );
      const unprocessed = (reply.UnprocessedItems?.[table] ?? []).flatMap(
        ({ PutRequest }) => PutRequest?.Item ?? [],
      );
      if (unprocessed.length > 0) countThrottled();
      return { unprocessed, partitionGb: largestPartitionGb(reply.ItemCollectionMetrics) };
    },
    transact: async (actions, token) => {
      try {
        const reply = await connection().send(
          new TransactWriteCommand({
            TransactItems: actions,
            ClientRequestToken: token,
            ReturnItemCollectionMetrics: 'SIZE',
          }),
        );
        return { done: true, partitionGb: largestPartitionGb(reply.ItemCollectionMetrics) };
      } catch (error) {
        if (error instanceof TransactionCanceledException) return cancelled(error);
        throw sorted(error);
      }
    },
  };
}
