import { createHash } from 'node:crypto';
import { account, region } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';

/** Results of `Ref` and `Fn::GetAtt` for a resource type. */
interface Naming {
  /** The property with an explicit name; without it the name is derived from stack and logical id. */
  readonly nameProperty?: string;
  readonly ref: (name: string, context: NamingContext) => string;
  readonly attributes: Readonly<Record<string, (name: string, context: NamingContext) => string>>;
}

/** Inputs of the names of all resources. */
export interface NamingContext {
  readonly stackName: string;
  /** The local AWS endpoint, which is the host in every queue's URL. */
  readonly awsEndpoint: string;
}

/** An ARN in the account and region of the local run. */
export const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;

/** The name of a role, which is the last part of its ARN. */
export const roleName = (roleArn: string): string => roleArn.slice(roleArn.lastIndexOf('/') + 1);

/** The URL of a queue. Clients send to the host of this URL, so it must be the local AWS endpoint. */
export const queueUrl = (name: string, { awsEndpoint }: Pick<NamingContext, 'awsEndpoint'>): string =>
  `${awsEndpoint}/${account}/${name}`;

/** The full ARN of a secret. AWS appends six random characters; here they are derived from the name. */
export const secretArn = (name: string): string =>
  arn('secretsmanager', `secret:${name}-${shortHash(name, 6)}`);

/** The issuer of a user pool's tokens. */
export const providerName = (poolId: string): string => `cognito-idp.${region}.amazonaws.com/${poolId}`;

const self = (name: string): string => name;

const table: Naming = {
  nameProperty: 'TableName',
  ref: self,
  attributes: { Arn: (name) => arn('dynamodb', `table/${name}`) },
};
const bucket = (suffix: string) => (name: string) => `${name}.${suffix}`;

const namings: Readonly<Record<string, Naming>> = {
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    ref: queueUrl,
    attributes: { Arn: (name) => arn('sqs', name), QueueName: self, QueueUrl: queueUrl },
  },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    ref: (name) => arn('sns', name),
    attributes: { TopicArn: (name) => arn('sns', name), TopicName: self },
  },
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    ref: self,
    attributes: {
      Arn: (name) => `arn:aws:s3:::${name}`,
      DomainName: bucket('s3.amazonaws.com'),
      RegionalDomainName: bucket(`s3.${region}.amazonaws.com`),
    },
  },
  'AWS::Lambda::Function': {
    nameProperty: 'FunctionName',
    ref: self,
    attributes: { Arn: (name) => arn('lambda', `function:${name}`) },
  },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    ref: self,
    attributes: {
      Arn: (name) => `arn:aws:iam::${account}:role/${name}`,
      RoleId: (name) => `AROA${shortHash(name, 17)}`,
    },
  },
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    ref: (name) => arn('states', `stateMachine:${name}`),
    attributes: { Arn: (name) => arn('states', `stateMachine:${name}`), Name: self },
  },
  'AWS::SecretsManager::Secret': {
    nameProperty: 'Name',
    ref: secretArn,
    attributes: { Id: secretArn },
  },
  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    ref: self,
    attributes: { Arn: (name) => arn('logs', `log-group:${name}:*`) },
  },
  'AWS::Events::Rule': {
    nameProperty: 'Name',
    ref: self,
    attributes: { Arn: (name) => arn('events', `rule/${name}`) },
  },
  'AWS::Scheduler::Schedule': {
    nameProperty: 'Name',
    ref: self,
    attributes: { Arn: (name) => arn('scheduler', `schedule/default/${name}`) },
  },
  'AWS::Scheduler::ScheduleGroup': {
    nameProperty: 'Name',
    ref: self,
    attributes: { Arn: (name) => arn('scheduler', `schedule-group/${name}`) },
  },
  'AWS::KMS::Key': {
    ref: self,
    attributes: { Arn: (name) => arn('kms', `key/${name}`), KeyId: self },
  },
  'AWS::KMS::Alias': { nameProperty: 'AliasName', ref: self, attributes: {} },
  'AWS::Cognito::UserPool': {
    ref: poolId,
    attributes: {
      Arn: (name) => arn('cognito-idp', `userpool/${poolId(name)}`),
      ProviderName: (name) => providerName(poolId(name)),
      ProviderURL: (name) => `https://${providerName(poolId(name))}`,
      UserPoolId: poolId,
    },
  },
  'AWS::Cognito::UserPoolClient': {
    ref: clientId,
    attributes: { ClientId: clientId, Name: self },
  },
  'AWS::ApiGateway::RestApi': {
    ref: (name) => shortHash(name, 10),
    attributes: { RootResourceId: (name) => `${name}/root`, RestApiId: (name) => shortHash(name, 10) },
  },
  'AWS::ApiGateway::Resource': { ref: self, attributes: { ResourceId: self } },
  'AWS::ApiGateway::Stage': { nameProperty: 'StageName', ref: self, attributes: {} },
};

function poolId(name: string): string {
  return `${region}_${shortHash(name, 9)}`;
}

function clientId(name: string): string {
  return shortHash(name, 26);
}

/** Stable replacement for identifiers that AWS draws at random: the first characters of a hash. */
function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** The name of a resource at run time: its explicit name, else `<stack>-<logical id>`. */
export function physicalName(
  type: string,
  logicalId: string,
  asked: unknown,
  { stackName }: NamingContext,
): string {
  if (typeof asked === 'string' && asked !== '') return asked;
  const made = `${stackName}-${logicalId}`;
  // Only bucket names are restricted here: lower case, at most 63 characters.
  return type === 'AWS::S3::Bucket' ? made.toLowerCase().slice(0, 63) : made;
}

/** The property with the explicit name of a resource of this type, if the type has one. */
export const nameProperty = (type: string): string | undefined => namings[type]?.nameProperty;

/** Result of `Ref` for a resource of this type. */
export const refOf = (type: string, name: string, context: NamingContext): string =>
  namings[type]?.ref(name, context) ?? name;

/**
 * Result of `Fn::GetAtt` for a resource of this type. Types without a local meaning get a placeholder, which
 * only other such resources can read.
 *
 * @throws CannotStart if the type has a naming here, but not this attribute.
 */
export function attributeOf(type: string, name: string, attribute: string, context: NamingContext): string {
  const naming = namings[type];
  if (!naming) return `local:${name}:${attribute}`;
  const value = naming.attributes[attribute];
  if (!value)
    throw new CannotStart(`${type} has no attribute ${attribute} in a local run (asked of ${name})`);
  return value(name, context);
}
