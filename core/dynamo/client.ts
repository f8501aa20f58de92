import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clientSettings } from '../aws-client.ts';

let client: DynamoDBDocumentClient | undefined;

/**
 * The one DynamoDB client of this container, made on first use so that importing a file does nothing.
 *
 * It sends each request once: `retry.ts` decides what may be sent again, since the echo of a put without
 * conditions could overwrite what came later. Fields that are `undefined` are left out of items.
 */
export function documentClient(): DynamoDBDocumentClient {
  client ??= DynamoDBDocumentClient.from(new DynamoDBClient({ ...clientSettings, maxAttempts: 1 }), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return client;
}
