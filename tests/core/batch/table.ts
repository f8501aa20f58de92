import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { dynamoStore } from '../../../core/dynamo/dynamo-store.ts';
import type { Store } from '../../../core/dynamo/store.ts';
import { startEngine } from '../ledger/engine.ts';

/** The real DynamoDB engine with one table, in memory. */
export interface TestTable {
  store: Store;
  name: string;
  stop(): Promise<void>;
}

/**
 * Starts the engine and creates one table with `pk` and `sk`. Nothing is stored on disk, because workers die
 * in these tests, not the table.
 */
export async function startTable(): Promise<TestTable> {
  const engine = await startEngine();
  const documents = engine.documents();
  const name = 'operations';
  await documents.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
  return { store: dynamoStore(documents), name, stop: () => engine.kill() };
}
