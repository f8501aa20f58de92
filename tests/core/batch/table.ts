import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoStore } from '../../../core/transaction/dynamo-store.ts';
import type { Store } from '../../../core/transaction/store.ts';
import { awsEndpointServer } from '../../../local/aws-endpoint.ts';
import { listen } from '../../../local/gateway/gateway.ts';
import { makeLog } from '../../../local/log.ts';
import { startDynamoEngine } from '../../../local/services/dynamodb-engine.ts';

/** The real engine with one table, on disk in a folder of its own. */
export interface TestTable {
  store: Store;
  name: string;
  stop(): Promise<void>;
}

/** Starts the engine and makes one table with `pk` and `sk`. */
export async function startTable(): Promise<TestTable> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-batch-'));
  const engine = await startDynamoEngine(folder);
  const { server, open } = awsEndpointServer(makeLog());
  const port = await listen(server, 0);
  const services = new Map([
    [
      'dynamodb',
      (request: { headers: Record<string, unknown>; body: Buffer }) =>
        engine.forward(String(request.headers['x-amz-target']), request.body),
    ],
  ]);
  open({ services, judge: { knows: () => true, firstDenied: () => undefined } as never });
  const name = 'operations';
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' });
  await engine.forward(
    'DynamoDB_20120810.CreateTable',
    JSON.stringify({
      TableName: name,
      AttributeDefinitions: [text('pk'), text('sk')],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'root', secretAccessKey: 'root' },
    maxAttempts: 1,
  });
  return {
    store: dynamoStore(
      DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }),
    ),
    name,
    async stop() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
