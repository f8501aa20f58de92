import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import {
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
} from '../core/resources.ts';
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
}

const READ_SECRET = ['GetSecretValue'];
const SECRET_ACTIONS = {
  read: READ_SECRET,
  write: [...READ_SECRET, 'PutSecretValue', 'CreateSecret', 'DeleteSecret'],
};

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
}
