import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { chooseEngine } from '../../../local/dynamodb/choice.ts';
import { startProgram } from '../../../local/dynamodb/program.ts';

/** A running DynamoDB engine on a loopback port of its own. */
export interface Engine {
  port: number;
  endpoint: string;
  /** A client that sends each request once. */
  documents(): DynamoDBDocumentClient;
  /** Kills it by SIGKILL, without a shutdown, as in a power cut. */
  kill(): Promise<void>;
}

/**
 * Starts the engine that DYNAMODB_ENGINE names, dynoxide by default. One that runs already (DYNAMODB_URL) does
 * not do, since tests create their tables anew and kill the engine.
 *
 * @param folder where its tables outlive the engine; in memory without it.
 */
export async function startEngine({
  folder,
  port,
}: {
  folder?: string;
  port?: number;
} = {}): Promise<Engine> {
  const program = chooseEngine(process.env);
  if (program instanceof URL) throw new Error('DYNAMODB_URL is set: this needs an engine of its own');
  const engine = await startProgram(program, { folder, port });
  const endpoint = `http://${engine.host}`;
  const clients: DynamoDBClient[] = [];
  return {
    port: Number(new URL(endpoint).port),
    endpoint,
    documents: () => {
      const client = new DynamoDBClient({
        endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        maxAttempts: 1,
        requestHandler: { connectionTimeout: 1_000, requestTimeout: 10_000 },
      });
      clients.push(client);
      return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
    },
    kill: async () => {
      for (const client of clients) client.destroy();
      engine.kill();
      await engine.ended;
    },
  };
}

/** The two tables of a ledger and one for claims, as the stack makes them. */
export async function createTables(documents: DynamoDBDocumentClient): Promise<void> {
  const key = [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ] as const;
  const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' }) as const;
  const plain: Omit<CreateTableCommandInput, 'TableName'> = {
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [...key],
    AttributeDefinitions: [attribute('pk'), attribute('sk')],
  };
  await documents.send(new CreateTableCommand({ TableName: 'audit', ...plain }));
  await documents.send(new CreateTableCommand({ TableName: 'guards', ...plain }));
  await documents.send(
    new CreateTableCommand({
      TableName: 'patients',
      ...plain,
      AttributeDefinitions: [attribute('pk'), attribute('sk'), attribute('ix')],
      LocalSecondaryIndexes: [
        {
          IndexName: 'thin',
          KeySchema: [key[0], { AttributeName: 'ix', KeyType: 'RANGE' }],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['tx', 'c', 'x'] },
        },
      ],
    }),
  );
}
