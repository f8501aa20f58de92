import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
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
   * @throws Error with the requests so far that AWS would have refused.
   */
  kill(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** The platform package of the engine, found as npm installed it. */
const binary = (): string =>
  fileURLToPath(import.meta.resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`)).replace(
    'package.json',
    process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide',
  );

interface EngineOptions {
  /** A database that outlives the engine; in memory without it. */
  file?: string;
  port?: number;
  /** False for benchmarks: the clients send what they are given, without a look at the rules of AWS. */
  strict?: boolean;
}

export async function startEngine({ file, port, strict = true }: EngineOptions = {}): Promise<Engine> {
  const chosen = port ?? (await freePort());
  const process: ChildProcess = spawn(
    binary(),
    ['--port', String(chosen), ...(file === undefined ? [] : ['--db-path', file])],
    { stdio: 'ignore' },
  );
  const exited = once(process, 'exit');
  const endpoint = `http://127.0.0.1:${chosen}`;
  const connect = () =>
    new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 10_000 },
    });
  const clients: DynamoDBClient[] = [];
  const checks = makeStrictClients();
  const probe = connect();
  // Ends when the engine answers, or after 200 tries.
  for (let tries = 0; ; tries++) {
    try {
      await probe.send(new ListTablesCommand({}));
      break;
    } catch (error) {
      if (tries > 200) throw error;
      await sleep(25);
    }
  }
  probe.destroy();
  return {
    port: chosen,
    endpoint,
    documents: () => {
      const client = connect();
      if (strict) checks.watch(client);
      clients.push(client);
      return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
    },
    kill: async () => {
      for (const client of clients) client.destroy();
      process.kill('SIGKILL');
      await exited;
      checks.assertNone();
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
