import {
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { systemDeps } from '../deps.ts';
import { dynamoStore } from './dynamo-store.ts';
import { type RetryingStore, retrying } from './retry.ts';
import type { Item } from './store.ts';

/** Above every sort key: the greatest character of Unicode, and in UTF-8 nothing is above it. */
const afterEverySortKey = '\u{10FFFF}';

/** Whole tables, for commands of an operator. No function scans. */
export interface WholeTables {
  store: RetryingStore;
  /** The names of all tables of the account and Region. */
  names(): AsyncGenerator<string>;
  /** The size of a table in bytes and items, as of the last six hours (DescribeTable). */
  sizeOf(table: string): Promise<{ bytes: number; items: number }>;
  /**
   * The partition keys of a table, each once and in no order. Each costs one request for its first item and
   * not its whole partition, since the scan goes on behind the partition.
   */
  partitions(table: string, hasSortKey: boolean): AsyncGenerator<string>;
}

/** @param budgetMs time for each request and its repetitions. */
export function wholeTables(settings: DynamoDBClientConfig, budgetMs = 60_000): WholeTables {
  const client = new DynamoDBClient({ ...settings, maxAttempts: 1 });
  // These are repeated by the SDK itself: they only read.
  const patient = new DynamoDBClient({ ...settings, maxAttempts: 8 });
  const documents = DynamoDBDocumentClient.from(patient);
  const store = retrying(
    dynamoStore(DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })),
    systemDeps,
    () => systemDeps.now() + budgetMs,
  );
  return {
    store,
    async *names() {
      let from: string | undefined;
      // Ends with the last table.
      do {
        const page = await patient.send(new ListTablesCommand({ ExclusiveStartTableName: from }));
        yield* page.TableNames ?? [];
        from = page.LastEvaluatedTableName;
      } while (from);
    },
    async sizeOf(TableName) {
      const { Table } = await patient.send(new DescribeTableCommand({ TableName }));
      return { bytes: Table?.TableSizeBytes ?? 0, items: Table?.ItemCount ?? 0 };
    },
    async *partitions(TableName, hasSortKey) {
      let from: Item | undefined;
      // Ends with the table: each request begins behind the last partition.
      do {
        const page = await documents.send(
          new ScanCommand({ TableName, Limit: 1, ConsistentRead: true, ExclusiveStartKey: from }),
        );
        const pk = page.Items?.[0]?.pk as string | undefined;
        if (pk !== undefined) yield pk;
        // A page may be empty and not the last.
        from = pk === undefined || !hasSortKey ? page.LastEvaluatedKey : { pk, sk: afterEverySortKey };
      } while (from);
    },
  };
}
