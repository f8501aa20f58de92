import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clientSettings } from '../aws-client.ts';
import { type TableName, tableVariable } from '../contract/resources.ts';
import { setting } from '../environment.ts';

let client: DynamoDBDocumentClient | undefined;

/** The one DynamoDB client of this container, made on first use so that importing a file does nothing. It leaves out `undefined` fields. */
export function documents(): DynamoDBDocumentClient {
  client ??= DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return client;
}

/** The deployed name of a table, handed over by the grant that lets this function use it. */
export const tableName = (table: TableName): string =>
  setting(tableVariable(table), `add \`${table}\` to the \`uses\` of this contract`);
