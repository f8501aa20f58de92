/**
 * The engine of SQS, SNS and S3 in this process. Its own start opens a port on every interface of the
 * machine; here the same application is made from its parts and never listens: requests are handed to it in
 * memory. The parts are reached by file, since the package exports only its start.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { buildApp } from '../../node_modules/fauxqs/dist/app.js';
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { type SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { region } from '../account.ts';
import type { AwsAnswer, AwsRequest } from './service.ts';

export type { SqsQueue };

/** SQS, SNS and S3 with everything that was stored under this folder. */
export interface QueueEngine {
  readonly queues: SqsStore;
  readonly topics: SnsStore;
  readonly buckets: S3Store;
  /** Puts a message of AWS's own on a queue. @returns whether there is such a queue. */
  post(queueArn: string, body: string): boolean;
  /** Answers a request as the service would. */
  answer(request: Pick<AwsRequest, 'method' | 'url' | 'headers' | 'body'>): Promise<AwsAnswer>;
  stop(): Promise<void>;
}

/** Headers that describe the connection of the client, not its request. */
const ofTheConnection = new Set(['connection', 'content-length', 'expect', 'host', 'transfer-encoding']);

/** Opens the store in this folder. Everything is written through to it before a request is answered. */
export async function startQueueEngine(dataDir: string): Promise<QueueEngine> {
  const folder = join(dataDir, 'queues');
  mkdirSync(folder, { recursive: true });
  const persistence = new PersistenceManager(folder);
  // With its write-ahead log SQLite loses nothing of a killed process without a sync per message, which would hold up this thread.
  (persistence as unknown as { db: DatabaseSync }).db.exec('PRAGMA synchronous = NORMAL');
  const queues = new SqsStore();
  const topics = new SnsStore();
  const buckets = new S3Store();
  queues.region = region;
  topics.region = region;
  // Loaded before they are told to persist, or loading would write everything again.
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
      // What was on its way when the run ended is lost, as everything is that AWS delivers at most once.
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
        // The length of an answer to HEAD is that of the object, not of the (empty) body.
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
