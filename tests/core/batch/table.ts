import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { dynamoStore } from '../../../core/dynamo/dynamo-store.ts';
import type { Store } from '../../../core/dynamo/store.ts';
import { startEngine } from '../ledger/engine.ts';

/** The real engine with one table, in memory. */
export interface TestTable {
  store: Store;
  name: string;
  stop(): Promise<void>;
}

/** Starts the engine and makes one table with `pk` and `sk`. Nothing is kept on disk: what dies here are workers, not the table. */
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
