import { type EngineChoice, openEngine } from './dynamodb/choice.ts';
import type { DynamoEngine } from './dynamodb/engine.ts';
import type { Log } from './log.ts';
import { type Outbox, openOutbox } from './outbox.ts';
import { createTables, type Tables } from './services/dynamodb.ts';
import { createKeys, type KeyStore, openKeyStore } from './services/kms-keys.ts';
import { type QueueEngine, startQueueEngine } from './services/queue-engine.ts';
import { createBuckets } from './services/s3.ts';
import { createSecrets, openSecretStore, type SecretStore } from './services/secrets-manager.ts';
import { createTopics, type TopicListeners } from './services/sns.ts';
import { createQueues } from './services/sqs.ts';
import type { Stack } from './template/stack.ts';

/** The engines that store the data of AWS services, in one folder. */
export interface Engines {
  readonly dynamo: DynamoEngine;
  /** SQS, SNS and S3. */
  readonly queue: QueueEngine;
  stop(): Promise<void>;
}

/** Starts both engines; if one fails, the other is stopped and the failure is thrown. */
export async function startEngines(choice: EngineChoice, dataDir: string, log: Log): Promise<Engines> {
  const [dynamo, queue] = await Promise.allSettled([
    openEngine(choice, dataDir, log),
    startQueueEngine(dataDir),
  ]);
  const stop = async (): Promise<void> => {
    if (queue.status === 'fulfilled') await queue.value.stop();
    if (dynamo.status === 'fulfilled') await dynamo.value.stop();
  };
  if (dynamo.status === 'fulfilled' && queue.status === 'fulfilled')
    return { dynamo: dynamo.value, queue: queue.value, stop };
  await stop();
  throw dynamo.status === 'rejected' ? dynamo.reason : (queue as PromiseRejectedResult).reason;
}

/**
 * Storage of the template's resources, beside the engines: secrets, keys, outbox, topic listeners, and what
 * is known of the tables.
 */
export interface Storage {
  readonly tables: Tables;
  readonly listeners: TopicListeners;
  readonly secrets: SecretStore;
  readonly keys: KeyStore;
  readonly outbox: Outbox;
}

/** Creates the tables, queues, topics, buckets, secrets and keys of the template that do not exist yet. */
export async function createStorage(
  stack: Stack,
  { dynamo, queue }: Engines,
  dataDir: string,
  awsEndpoint: string,
): Promise<Storage> {
  const tables = await createTables(stack, dynamo);
  createQueues(stack, queue, awsEndpoint);
  createBuckets(stack, queue);
  const listeners = createTopics(stack, queue);
  const secrets = openSecretStore(dataDir);
  createSecrets(stack, secrets);
  const keys = openKeyStore(dataDir);
  createKeys(stack, keys);
  return { tables, listeners, secrets, keys, outbox: openOutbox(dataDir) };
}
