import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { chooseEngine } from '../../../local/dynamodb/choice.ts';
import { startProgram } from '../../../local/dynamodb/program.ts';
import { assertNoneRefused, watchRefusals } from '../../refused/refusals.ts';
import { makeStrictClients } from './strict-clients.ts';

/** A running DynamoDB engine on a loopback port of its own. */
export interface Engine {
  port: number;
  endpoint: string;
  /** A client that sends each request once. */
  documents(): DynamoDBDocumentClient;
  /**
   * SIGKILL: no goodbye, as in a power cut.
   *
   * @throws Error with the requests so far that were refused as invalid.
   */
  kill(): Promise<void>;
}

interface EngineOptions {
  /** Where its tables outlive the engine; in memory without it. */
  folder?: string | undefined;
  port?: number;
  /** False for benchmarks: the clients send what they are given, without a look at the rules of AWS. */
  strict?: boolean;
}

/**
 * Starts the engine that DYNAMODB_ENGINE names, dynoxide by default. One that runs already (DYNAMODB_URL) does
 * not do, since tests create their tables anew and kill the engine.
 */
export async function startEngine({ folder, port, strict = true }: EngineOptions = {}): Promise<Engine> {
  const program = chooseEngine(process.env);
  if (program instanceof URL) throw new Error('DYNAMODB_URL is set: this needs an engine of its own');
  const engine = await startProgram(program, { folder, port });
  const endpoint = `http://${engine.host}`;
  const clients: DynamoDBClient[] = [];
  const checks = makeStrictClients();
  watchRefusals(checks.refused);
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
      if (strict) checks.watch(client);
      clients.push(client);
      return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
    },
    kill: async () => {
      for (const client of clients) client.destroy();
      engine.kill();
      await engine.ended;
      await assertNoneRefused();
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
