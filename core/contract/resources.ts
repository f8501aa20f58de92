/**
 * What a contract may name under `uses`. Each name is a construct of the stack, a statement of IAM and an environment variable.
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
] as const;
export type TableName = (typeof tables)[number];

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

/** Groups of secrets; each secret of a group has a name of its own. */
export const secrets = ['clinikoKeys', 'webhookSecrets', 'stacksKeys', 'smsKeys'] as const;
export type SecretGroup = (typeof secrets)[number];

/** Buckets of files that are on their way: what is in them is deleted after a day. */
export const buckets = ['uploads'] as const;
export type BucketName = (typeof buckets)[number];

/**
 * `read`: get and query. `write`: read, put, update, delete. `append`: read and put, never change or delete. `send`: send messages.
 * `publish`: publish notices. `run`: start, stop and look at executions. `put`: store objects, or let a caller do so by a signed form.
 * `take`: read and delete objects. `sms` is AWS's service for text messages.
 */
export type Uses = Partial<
  Record<TableName, 'read' | 'write' | 'append'> &
    Record<QueueName, 'send'> &
    Record<TopicName, 'publish'> &
    Record<WorkflowName, 'run'> &
    Record<SecretGroup, 'read' | 'write'> &
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

/** The environment variable that holds what the names of a group's secrets begin with. */
export const secretsVariable = (group: SecretGroup): string => `${constantCase(group)}_SECRETS`;

/** The environment variable that holds a bucket's name. */
export const bucketVariable = (bucket: BucketName): string => `${constantCase(bucket)}_BUCKET`;
