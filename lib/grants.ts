import { Stack } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type Conditions, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import {
  type BucketName,
  buckets,
  bucketVariable,
  type QueueName,
  queues,
  queueVariable,
  type SealedKind,
  type SecretGroup,
  sealedKinds,
  sealingKeyVariable,
  secrets,
  secretsVariable,
  type TableName,
  type TopicName,
  tables,
  tableVariable,
  topics,
  topicVariable,
  type Uses,
  type WorkflowName,
  workflows,
  workflowVariable,
} from '../core/contract/resources.ts';
import { present } from '../core/invariant.ts';
import { acknowledgeWildcard } from './acknowledge.ts';
import type { QueueWithDeadLetters } from './queues.ts';
import { indexesOf } from './tables.ts';

/** Everything that a contract can name under `uses`. */
export interface Resources {
  tables: Record<TableName, ITableV2>;
  queues: Record<QueueName, QueueWithDeadLetters>;
  topics: Record<TopicName, Topic>;
  /** ARNs by name. */
  workflows: Record<WorkflowName, string>;
  /** The prefix of the names of a group's secrets, and an ARN that matches them all. */
  secrets: Record<SecretGroup, { prefix: string; arn: string }>;
  /** The key that encrypts sealed values. */
  sealingKey: IKey;
  buckets: Record<BucketName, Bucket>;
}

const readSecret = ['GetSecretValue'];
const secretActions = { read: readSecret, take: [...readSecret, 'DeleteSecret'] };

const sealActions = { seal: ['Encrypt'], open: ['Decrypt'] };

/** The key serves one kind of values, and only those that are bound to a tenant and an id. */
const sealConditions = (kind: SealedKind) => ({
  StringEquals: { 'kms:EncryptionContext:kind': kind },
  Null: { 'kms:EncryptionContext:tenant': 'false', 'kms:EncryptionContext:id': 'false' },
});

/**
 * The resources of SendTextMessage: a text's sender, and its set of rules (Service Authorization Reference,
 * sms-voice).
 */
const smsOrigins = ['sender-id', 'configuration-set'];

const queueActions = { send: ['SendMessage'], inspect: ['GetQueueAttributes'] };

const objectActions = { put: ['PutObject'], take: ['GetObject', 'DeleteObject'] };

const readItems = ['GetItem', 'BatchGetItem', 'Query'];
// CDK's own grantWriteData has no ConditionCheckItem, which a transaction that only checks an item needs.
const writeItems = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'ConditionCheckItem'];
const tableActions = {
  get: ['GetItem'],
  read: readItems,
  write: [...readItems, ...writeItems],
  put: [...readItems, 'PutItem'],
};

/**
 * Adds one statement to the role of a function.
 *
 * @param service the prefix of the actions in IAM, e.g. `dynamodb`.
 * @param wildcard why the resources end in a wildcard, if they do.
 * @param conditions of a request; none by default.
 */
function allow(
  fn: LambdaFunction,
  service: string,
  actions: readonly string[],
  resources: string[],
  wildcard?: string,
  conditions: Conditions = {},
): void {
  fn.addToRolePolicy(
    new PolicyStatement({ actions: actions.map((action) => `${service}:${action}`), resources, conditions }),
  );
  if (!wildcard) return;
  const role = present(fn.role, 'every function has a role of its own');
  for (const arn of resources) acknowledgeWildcard(role, arn, wildcard);
}

/**
 * Gives a function the permissions that its contract names under `uses`, and no others. Each comes with the
 * environment variable that names the resource, so that a function can use every resource that it can name.
 */
export function grant(fn: LambdaFunction, uses: Uses, resources: Resources): void {
  for (const name of tables) {
    const access = uses[name];
    if (!access) continue;
    const { tableArn, tableName } = resources.tables[name];
    fn.addEnvironment(tableVariable(name), tableName);
    const indexes = indexesOf(name).map((index) => `${tableArn}/index/${index}`);
    allow(fn, 'dynamodb', tableActions[access], [tableArn, ...indexes]);
  }
  for (const name of queues) {
    const access = uses[name];
    if (!access) continue;
    const { queueUrl, queueArn } = resources.queues[name].queue;
    fn.addEnvironment(queueVariable(name), queueUrl);
    allow(fn, 'sqs', queueActions[access], [queueArn]);
  }
  for (const name of topics) {
    if (!uses[name]) continue;
    const { topicArn } = resources.topics[name];
    fn.addEnvironment(topicVariable(name), topicArn);
    allow(fn, 'sns', ['Publish'], [topicArn]);
  }
  for (const name of workflows) {
    if (!uses[name]) continue;
    const arn = resources.workflows[name];
    const executions = `${arn.replace(':stateMachine:', ':execution:')}:*`;
    fn.addEnvironment(workflowVariable(name), arn);
    allow(fn, 'states', ['StartExecution'], [arn]);
    allow(
      fn,
      'states',
      ['DescribeExecution', 'StopExecution'],
      [executions],
      'Executions get their names when they are started.',
    );
  }
  for (const name of secrets) {
    const access = uses[name];
    if (!access) continue;
    const { prefix, arn } = resources.secrets[name];
    fn.addEnvironment(secretsVariable(name), prefix);
    const wildcard =
      'Operators add secrets of the group, and each ARN ends in random characters: its prefix is known.';
    allow(fn, 'secretsmanager', secretActions[access], [arn], wildcard);
  }
  for (const kind of sealedKinds) {
    const access = uses[kind];
    if (!access) continue;
    const { keyArn } = resources.sealingKey;
    fn.addEnvironment(sealingKeyVariable, keyArn);
    allow(fn, 'kms', sealActions[access], [keyArn], undefined, sealConditions(kind));
  }
  for (const name of buckets) {
    const access = uses[name];
    if (!access) continue;
    const { bucketName, bucketArn } = resources.buckets[name];
    fn.addEnvironment(bucketVariable(name), bucketName);
    const wildcard = 'Objects get their names when they are uploaded.';
    allow(fn, 's3', objectActions[access], [`${bucketArn}/*`], wildcard);
  }
  if (uses.sms) {
    const { partition, region, account } = Stack.of(fn);
    const arn = (resource: string) => `arn:${partition}:sms-voice:${region}:${account}:${resource}/*`;
    const wildcard = 'Sender ids and configuration sets are registered in the account, outside of the stack.';
    allow(fn, 'sms-voice', ['SendTextMessage'], smsOrigins.map(arn), wildcard);
  }
}
