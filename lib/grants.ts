import { Stack } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
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
  type SecretGroup,
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
import type { QueueWithDeadLetters } from './queues.ts';
import { indexesOf } from './tables.ts';

/** Everything that a contract can name under `uses`. */
export interface Resources {
  tables: Record<TableName, TableV2>;
  queues: Record<QueueName, QueueWithDeadLetters>;
  topics: Record<TopicName, Topic>;
  /** ARNs by name. */
  workflows: Record<WorkflowName, string>;
  /** What the names of a group's secrets begin with, and an ARN that matches them all. */
  secrets: Record<SecretGroup, { prefix: string; arn: string }>;
  buckets: Record<BucketName, Bucket>;
}

const READ_SECRET = ['GetSecretValue'];
const SECRET_ACTIONS = {
  read: READ_SECRET,
  write: [...READ_SECRET, 'PutSecretValue', 'CreateSecret', 'DeleteSecret'],
};

/** What a text may be sent from, and the set of rules that it may go by (Service Authorization Reference, sms-voice). */
export const SMS_ORIGINS = ['sender-id', 'configuration-set'];

const OBJECT_ACTIONS = { put: ['PutObject'], take: ['GetObject', 'DeleteObject'] };

const READ = ['GetItem', 'BatchGetItem', 'Query'];
// CDK's own grantWriteData has no ConditionCheckItem, which a transaction that only checks an item needs.
const WRITE = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'ConditionCheckItem'];
const ACTIONS = { read: READ, write: [...READ, ...WRITE], append: [...READ, 'PutItem'] };

/**
 * Gives a function what its contract uses, and nothing more: the statement and the environment variable travel together, so that a
 * resource that can be named can be used.
 */
export function grant(fn: LambdaFunction, uses: Uses, resources: Resources): void {
  for (const name of tables) {
    const access = uses[name];
    if (!access) continue;
    const { tableArn, tableName } = resources.tables[name];
    fn.addEnvironment(tableVariable(name), tableName);
    const actions = ACTIONS[access].map((action) => `dynamodb:${action}`);
    const indexes = indexesOf(name).map((index) => `${tableArn}/index/${index}`);
    fn.addToRolePolicy(new PolicyStatement({ actions, resources: [tableArn, ...indexes] }));
  }
  for (const name of queues) {
    if (!uses[name]) continue;
    const { queueUrl, queueArn } = resources.queues[name].queue;
    fn.addEnvironment(queueVariable(name), queueUrl);
    fn.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] }));
  }
  for (const name of topics) {
    if (!uses[name]) continue;
    const { topicArn } = resources.topics[name];
    fn.addEnvironment(topicVariable(name), topicArn);
    fn.addToRolePolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [topicArn] }));
  }
  for (const name of workflows) {
    if (!uses[name]) continue;
    const arn = resources.workflows[name];
    const executions = `${arn.replace(':stateMachine:', ':execution:')}:*`;
    fn.addEnvironment(workflowVariable(name), arn);
    fn.addToRolePolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources: [arn] }));
    const actions = ['states:DescribeExecution', 'states:StopExecution'];
    fn.addToRolePolicy(new PolicyStatement({ actions, resources: [executions] }));
  }
  for (const name of secrets) {
    const access = uses[name];
    if (!access) continue;
    const { prefix, arn } = resources.secrets[name];
    fn.addEnvironment(secretsVariable(name), prefix);
    const actions = SECRET_ACTIONS[access].map((action) => `secretsmanager:${action}`);
    fn.addToRolePolicy(new PolicyStatement({ actions, resources: [arn] }));
  }
  for (const name of buckets) {
    const access = uses[name];
    if (!access) continue;
    const { bucketName, bucketArn } = resources.buckets[name];
    fn.addEnvironment(bucketVariable(name), bucketName);
    const actions = OBJECT_ACTIONS[access].map((action) => `s3:${action}`);
    fn.addToRolePolicy(new PolicyStatement({ actions, resources: [`${bucketArn}/*`] }));
  }
  if (uses.sms) {
    const { partition, region, account } = Stack.of(fn);
    const arn = (resource: string) => `arn:${partition}:sms-voice:${region}:${account}:${resource}/*`;
    // Sender ids belong to the account's registrations, which are made outside of the stack.
    const statement = { actions: ['sms-voice:SendTextMessage'], resources: SMS_ORIGINS.map(arn) };
    fn.addToRolePolicy(new PolicyStatement(statement));
  }
}
