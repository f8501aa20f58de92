import { createHash } from 'node:crypto';
import { account, region } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';

/** What `Ref` and `Fn::GetAtt` of a resource type answer. */
interface Naming {
  /** The property that may carry the name; without one the name is made from stack and logical id. */
  readonly nameProperty?: string;
  readonly ref: (name: string, place: Place) => string;
  readonly attributes: Readonly<Record<string, (name: string, place: Place) => string>>;
}

/** What the names depend on. */
export interface Place {
  readonly stackName: string;
  /** The local AWS endpoint, the host of every queue's URL. */
  readonly awsEndpoint: string;
}

/** An ARN in the one account and region of a local run. */
export const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;

/** The address of a queue: a client sends to the host named here, so it must be our own endpoint. */
export const queueUrl = (name: string, { awsEndpoint }: Pick<Place, 'awsEndpoint'>): string =>
  `${awsEndpoint}/${account}/${name}`;

/** The full ARN of a secret: AWS appends six random characters, here they are made from the name. */
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

/** The same characters for the same text, for identifiers that AWS would draw at random. */
function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** The name that a resource has at run time: the one it asks for, else stack and logical id. */
export function physicalName(type: string, logicalId: string, asked: unknown, { stackName }: Place): string {
  if (typeof asked === 'string' && asked !== '') return asked;
  const made = `${stackName}-${logicalId}`;
  // The only names with rules of their own: lower case, at most 63 characters.
  return type === 'AWS::S3::Bucket' ? made.toLowerCase().slice(0, 63) : made;
}

/** The property that may carry the name of a resource of this type. */
export const nameProperty = (type: string): string | undefined => namings[type]?.nameProperty;

/** What `Ref` of a resource of this type answers. */
export const refOf = (type: string, name: string, place: Place): string =>
  namings[type]?.ref(name, place) ?? name;

/**
 * What `Fn::GetAtt` of a resource of this type answers. Types that have no local meaning get a made-up value:
 * it can only reach other such resources.
 *
 * @throws CannotStart if the type is run locally and has no such attribute here.
 */
export function attributeOf(type: string, name: string, attribute: string, place: Place): string {
  const naming = namings[type];
  if (!naming) return `local:${name}:${attribute}`;
  const value = naming.attributes[attribute];
  if (!value)
    throw new CannotStart(`${type} has no attribute ${attribute} in a local run (asked of ${name})`);
  return value(name, place);
}
