/**
 * The tables that a contract may name in `uses`. Each is a construct, an IAM statement and an environment
 * variable.
 */
export const tables = [
  'patients',
  'cliniko',
  'content',
  'messaging',
  'admin',
  'webhooks',
  'operations',
  'audit',
  'guards',
  'apiKeys',
  'apiKeyUses',
] as const;
export type TableName = (typeof tables)[number];

/** Tables whose items have a partition key alone. */
export const tablesWithoutSortKey: ReadonlySet<TableName> = new Set(['guards', 'apiKeyUses']);

export const queues = [
  'patientRecovery',
  'contactRecovery',
  'contentBatches',
  'contentChain',
  'smsBatches',
  'smsReceipts',
  'adminBatches',
] as const;
export type QueueName = (typeof queues)[number];

/** Topics that a stage's operators subscribe to. */
export const topics = ['batchNotices'] as const;
export type TopicName = (typeof topics)[number];

export const workflows = ['clinikoSync', 'webhookDelivery'] as const;
export type WorkflowName = (typeof workflows)[number];

/**
 * Groups of secrets in Secrets Manager; each secret has its own name within its group. Those of `clinikoKeys`
 * and `webhookSecrets` were written before such values were sealed, and are only read and deleted.
 */
export const secrets = ['clinikoKeys', 'webhookSecrets', 'stacksKeys', 'smsKeys'] as const;
export type SecretGroup = (typeof secrets)[number];

/**
 * Kinds of values that are stored in tables, each encrypted by the stage's KMS key. A kind is part of the
 * encryption context, so that one system cannot open the values of another.
 */
export const sealedKinds = ['sealedClinikoKeys', 'sealedWebhookSecrets'] as const;
export type SealedKind = (typeof sealedKinds)[number];

/** Buckets of files in transit, which S3 deletes at the midnight (UTC) after their first day. */
export const buckets = ['uploads'] as const;
export type BucketName = (typeof buckets)[number];

/**
 * The resources of a function, and how it uses each.
 *
 * - tables: `get` finds an item by its whole key, and lists none; `read` is get and query; `write` adds put,
 *   update and delete; `put` is read and put, which also replaces items: IAM knows no condition, so the code
 *   that puts says whether it may
 * - queues: `send` messages; `inspect` reads a queue's attributes, never a message
 * - topics: `publish` notices
 * - workflows: `run` is start, stop and describe executions
 * - secrets: `read`; `take` is read and delete
 * - sealed values: `seal` encrypts one, `open` decrypts it; the table that holds it is another use
 * - buckets: `put` objects, also by a signed form; `take` is read and delete
 * - `sms`: `send` text messages with AWS End User Messaging
 */
export type Uses = Partial<
  Record<TableName, 'get' | 'read' | 'write' | 'put'> &
    Record<QueueName, 'send' | 'inspect'> &
    Record<TopicName, 'publish'> &
    Record<WorkflowName, 'run'> &
    Record<SecretGroup, 'read' | 'take'> &
    Record<SealedKind, 'seal' | 'open'> &
    Record<BucketName, 'put' | 'take'> &
    Record<'sms', 'send'>
>;

const constantCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** The environment variable that holds a table's name. */
export const tableVariable = (table: TableName): string => `${constantCase(table)}_TABLE`;

/** The environment variable that holds a queue's URL. */
export const queueVariable = (queue: QueueName): string => `${constantCase(queue)}_QUEUE`;

/** The environment variable that holds a topic's ARN. */
export const topicVariable = (topic: TopicName): string => `${constantCase(topic)}_TOPIC`;

/** The environment variable that holds a workflow's ARN. */
export const workflowVariable = (workflow: WorkflowName): string => `${constantCase(workflow)}_WORKFLOW`;

/** The environment variable that holds the name prefix of a group's secrets. */
export const secretsVariable = (group: SecretGroup): string => `${constantCase(group)}_SECRETS`;

/** The environment variable that holds the ARN of the KMS key for sealed values. */
export const sealingKeyVariable = 'SEALING_KEY';

/** The environment variable that holds a bucket's name. */
export const bucketVariable = (bucket: BucketName): string => `${constantCase(bucket)}_BUCKET`;
