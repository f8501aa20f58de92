/**
 * The in-process engine of SQS, SNS and S3 (fauxqs). The package exports only a start function, which opens
 * a port on every network interface. Here the same application is built from its internal files and never
 * listens: requests are injected in memory.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { invariant } from '../../core/invariant.ts';
import { buildApp } from '../../node_modules/fauxqs/dist/app.js';
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { type SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { region } from '../account.ts';
import type { AwsAnswer, AwsRequest } from './service.ts';

export type { SqsQueue };

/** SQS, SNS and S3, stored in one folder. */
export interface QueueEngine {
  readonly queues: SqsStore;
  readonly topics: SnsStore;
  readonly buckets: S3Store;
  /** Enqueues a message that an AWS service sends. @returns false if there is no such queue. */
  post(queueArn: string, body: string): boolean;
  /** Answers a request to SQS, SNS or S3. */
  answer(request: Pick<AwsRequest, 'method' | 'url' | 'headers' | 'body'>): Promise<AwsAnswer>;
  stop(): Promise<void>;
}

/** Headers that describe the client's connection, not its request. */
const ofTheConnection = new Set(['connection', 'content-length', 'expect', 'host', 'transfer-encoding']);

/** Opens the store in this folder. Each change is written to it before the request is answered. */
export async function startQueueEngine(dataDir: string): Promise<QueueEngine> {
  const folder = join(dataDir, 'queues');
  mkdirSync(folder, { recursive: true });
  const persistence = new PersistenceManager(folder);
  // With its write-ahead log SQLite loses nothing when the process is killed, even without a sync per
  // message, which would block this thread.
  const database: unknown = Reflect.get(persistence, 'db');
  invariant(database instanceof DatabaseSync, 'fauxqs keeps its database in `db`');
  database.exec('PRAGMA synchronous = NORMAL');
  const queues = new SqsStore();
  const topics = new SnsStore();
  const buckets = new S3Store();
  queues.region = region;
  topics.region = region;
  // Loaded before persistence is attached, or loading would write everything again.
  persistence.load(queues, topics, buckets);
  queues.persistence = persistence;
  topics.persistence = persistence;
  buckets.persistence = persistence;
  for (const queue of queues.allQueues()) queue.persistence = persistence;
  const app = buildApp({
    logger: false,
    defaultRegion: region,
    stores: { sqsStore: queues, snsStore: topics, s3Store: buckets },
  });
  await app.ready();
  let isOpen = true;

  return {
    queues,
    topics,
    buckets,
    post(queueArn, body) {
      // A message that arrives after the stop is lost: the caller delivers at most once.
      const queue = isOpen ? queues.getQueueByArn(queueArn) : undefined;
      queue?.enqueue(SqsStore.createMessage(body));
      return queue !== undefined;
    },
    async answer({ method, url, headers, body }) {
      const passedOn = Object.fromEntries(
        Object.entries(headers).filter(([name, value]) => value !== undefined && !ofTheConnection.has(name)),
      ) as Record<string, string | string[]>;
      const response = await app.inject({
        method: method as 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD',
        url,
        headers: { ...passedOn, host: '127.0.0.1' },
        ...(body.length > 0 ? { payload: body } : {}),
      });
      const { 'content-length': length, connection: _, 'transfer-encoding': __, ...rest } = response.headers;
      return {
        status: response.statusCode,
        // The content length of an answer to HEAD is the object's, not that of the (empty) body.
        headers: {
          ...textHeaders(rest),
          ...(method === 'HEAD' && length ? { 'content-length': String(length) } : {}),
        },
        body: response.rawPayload,
      };
    },
    async stop() {
      isOpen = false;
      await app.close();
      persistence.close();
    },
  };
}

const textHeaders = (
  headers: Readonly<Record<string, number | string | string[] | undefined>>,
): AwsAnswer['headers'] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]),
  );
