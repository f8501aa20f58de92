import { account, region, rootAccessKey } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';
import { roleName } from '../template/resource-names.ts';
import type { Resource, Stack } from '../template/stack.ts';
import { type PolicyDocument, type RequestContext, readStatements, type Statement } from './statement.ts';

/** One action on one resource, as IAM sees it. */
export interface Access {
  /** E.g. `dynamodb:PutItem`. */
  readonly action: string;
  /** The ARN of the resource, or `*` if the action has no resource. */
  readonly resource: string;
  readonly context?: RequestContext;
}

/** Evaluates accesses against the policies of the template. An access that no policy allows is denied. */
export interface Judge {
  /** True if the access key is the name of a role or the root key. */
  knows(principal: string): boolean;
  /** The first access that is denied to the principal; undefined if all are allowed. */
  firstDenied(principal: string, accesses: readonly Access[]): Access | undefined;
}

interface RoleProperties {
  readonly Policies?: readonly { readonly PolicyDocument: PolicyDocument }[];
  readonly ManagedPolicyArns?: readonly string[];
}
interface PolicyProperties {
  readonly PolicyDocument: PolicyDocument;
  readonly Roles?: readonly string[];
  /** Of `AWS::IAM::RolePolicy`. */
  readonly RoleName?: string;
}
interface ResourcePolicyProperties {
  readonly PolicyDocument: PolicyDocument;
}

/** AWS managed policies for logs and traces only, which need no permission here. */
const harmlessManagedPolicies = new Set([
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
  'arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs',
  'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess',
]);

/** Verdicts cached by principal, action and resource; the cache is cleared when it is full. */
const verdictsKeptMax = 10_000;

/**
 * Creates a judge over the roles of a stack: their inline policies, the policies attached to them, and the
 * Deny statements of resource policies. Not modelled: service control policies, permission boundaries,
 * policies of KMS keys, `iam:PassRole`, and permissions that only a resource policy grants.
 *
 * @throws CannotStart at a managed policy, condition operator or condition key that is not modelled.
 */
export function makeJudge(stack: Stack): Judge {
  const roles = new Map<string, Statement[]>();
  for (const { logicalId, name, properties } of stack.resources<RoleProperties>('AWS::IAM::Role')) {
    for (const policy of properties.ManagedPolicyArns ?? [])
      if (!harmlessManagedPolicies.has(policy))
        throw new CannotStart(
          `${logicalId} has the managed policy ${policy}, which a local run does not know`,
        );
    const statements = (properties.Policies ?? []).flatMap((policy) =>
      readStatements(policy.PolicyDocument, logicalId),
    );
    roles.set(name, statements);
  }
  const policies = stack.resources<PolicyProperties>(
    'AWS::IAM::Policy',
    'AWS::IAM::ManagedPolicy',
    'AWS::IAM::RolePolicy',
  );
  for (const { logicalId, properties } of policies) {
    const statements = readStatements(properties.PolicyDocument, logicalId);
    const attachedTo = [...(properties.Roles ?? []), ...(properties.RoleName ? [properties.RoleName] : [])];
    for (const role of attachedTo) roles.get(roleName(role))?.push(...statements);
  }
  const denies = stack
    .resources<ResourcePolicyProperties>(
      'AWS::SQS::QueuePolicy',
      'AWS::SNS::TopicPolicy',
      'AWS::S3::BucketPolicy',
    )
    .flatMap(readResourcePolicy)
    .filter(({ effect }) => effect === 'Deny');

  const verdicts = new Map<string, boolean>();

  function allows(principal: string, { action, resource, context = {} }: Access): boolean {
    const whole: RequestContext = {
      'aws:securetransport': ['true'],
      's3:tlsversion': ['1.3'],
      'aws:principalarn': [`arn:aws:iam::${account}:role/${principal}`],
      'aws:principalaccount': [account],
      'aws:requestedregion': [region],
      ...context,
    };
    const applies = (statement: Statement): boolean =>
      statement.matchesAction(action) &&
      statement.matchesResource(resource) &&
      statement.conditionsHold(whole);
    const own = (roles.get(principal) ?? []).filter(applies);
    return (
      own.some(({ effect }) => effect === 'Allow') &&
      !own.some(({ effect }) => effect === 'Deny') &&
      !denies.some(applies)
    );
  }

  function remembered(principal: string, access: Access): boolean {
    // A verdict that depends on the request's own context is not cached.
    if (access.context) return allows(principal, access);
    const key = `${principal} ${access.action} ${access.resource}`;
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    if (verdicts.size >= verdictsKeptMax) verdicts.clear();
    const verdict = allows(principal, access);
    verdicts.set(key, verdict);
    return verdict;
  }

  return {
    knows: (principal) => principal === rootAccessKey || roles.has(principal),
    firstDenied: (principal, accesses) =>
      principal === rootAccessKey ? undefined : accesses.find((access) => !remembered(principal, access)),
  };
}

const readResourcePolicy = ({ logicalId, properties }: Resource<ResourcePolicyProperties>): Statement[] =>
  readStatements(properties.PolicyDocument, logicalId);
