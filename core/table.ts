import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { setting } from './environment.ts';
import { type TableName, tableVariable } from './resources.ts';

const nothing = () => {};

/**
 * The SDK copies every input and output for a logger that has `info` and `error`, also for its own that does nothing with them. This one
 * has neither, which saves a fifth of the client's work for large requests.
 */
const quietLogger = { trace: nothing, debug: nothing, warn: console.warn } as DynamoDBClientConfig['logger'];

let client: DynamoDBDocumentClient | undefined;

/**
 * The one DynamoDB client of this container, made on first use so that importing a file does nothing.
 * It leaves out `undefined` fields, and gives up a call after a second without a connection or five without an answer:
 * DynamoDB answers in milliseconds, so a longer silence is a lost answer and worth a retry inside Lambda's own timeout.
 */
export function documents(): DynamoDBDocumentClient {
  client ??= DynamoDBDocumentClient.from(
    new DynamoDBClient({
      logger: quietLogger,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 },
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  );
  return client;
}

/** The deployed name of a table, handed over by the grant that lets this function use it. */
export const tableName = (table: TableName): string =>
  setting(tableVariable(table), `add \`${table}\` to the \`uses\` of this contract`);
