import { type CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { secrets, workflows } from '../core/contract/resources.ts';
import { SMS_ORIGINS } from './grants.ts';
import type { Settings } from './settings.ts';

/** Findings of cdk-nag's AwsSolutions and HIPAASecurity rules that we know of and leave, each with the reason. */
const KNOWN: Record<string, string> = {
  'AwsSolutions-APIG2':
    'Contracts check every request in the function: the gateway cannot word a refusal in the terms of each API.',
  'AwsSolutions-APIG4':
    'Functions check the token themselves: an authorizer of the gateway cannot answer 401 in the words of each API.',
  'AwsSolutions-COG4': 'As for APIG4; tokens of the user pool are verified in the function.',
  'AwsSolutions-COG8':
    'Threat protection of the Plus tier is billed by active user; a stage can bring an issuer that has it.',
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
    'Writing logs is all that this policy allows.',
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
    'The policy that AWS asks for to let API Gateway write logs.',
  'AwsSolutions-IAM5[Resource::*]':
    'X-Ray has no resources to name: PutTraceSegments takes only the wildcard.',
  'AwsSolutions-SF1':
    'Step Functions keeps the whole history of each execution for 90 days; its log is for those that fail.',
  'HIPAA.Security-APIGWCacheEnabledAndEncrypted':
    'A cache of the gateway would serve stale patients after a batch; answers are cached by version in the functions.',
  'HIPAA.Security-APIGWSSLEnabled':
    'Client certificates are for HTTP backends; this API calls only Lambda, by signed requests inside AWS.',
  'HIPAA.Security-CloudWatchLogGroupEncrypted':
    'Logs hold no personal data (a test sees to it), and CloudWatch encrypts them with its own key.',
  'HIPAA.Security-IAMNoInlinePolicy':
    'Each policy belongs to exactly one function and is derived from its contract.',
  'HIPAA.Security-LambdaConcurrency':
    'Reserved concurrency on every function fails to deploy on accounts with small limits; queues bound their consumers.',
  'HIPAA.Security-LambdaDLQ':
    'Functions are called synchronously, or by queues that have dead-letter queues of their own.',
  'HIPAA.Security-LambdaInsideVPC':
    'The functions use only AWS’s own endpoints, each call signed and checked by IAM; a VPC would add NAT and no isolation.',
  'HIPAA.Security-WAFv2LoggingEnabled':
    'The firewall’s log would hold tokens, addresses and record ids of every call; its metrics tell what it blocked.',
};

const MADE_LATER =
  'Secrets and executions are made while the app runs, sender ids registered apart from it: only what their names begin with is known.';

/** The wildcards at the end of names that are made while the app runs. */
function namesMadeLater({ stage }: Settings): string[] {
  const place = '<AWS::Region>:<AWS::AccountId>';
  return [
    ...secrets.map((group) => `secretsmanager:${place}:secret:bulkhead/${stage}/${group}/*`),
    ...workflows.map((workflow) => `states:${place}:execution:bulkhead-${stage}-${workflow}:*`),
    ...SMS_ORIGINS.map((origin) => `sms-voice:${place}:${origin}/*`),
  ].map((name) => `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${name}]`);
}

/** Puts the reasons on record for everything below a construct. */
export function acknowledgeFindings(scope: IConstruct, settings: Settings): void {
  for (const [id, reason] of Object.entries(KNOWN)) Validations.of(scope).acknowledge({ id, reason });
  for (const id of namesMadeLater(settings)) Validations.of(scope).acknowledge({ id, reason: MADE_LATER });
}

/** Puts on record that a workflow may invoke every version of a function that is its step: CDK grants both forms of its ARN. */
export function acknowledgeInvoke(scope: IConstruct, fn: LambdaFunction): void {
  const logicalId = Stack.of(fn).getLogicalId(fn.node.defaultChild as CfnElement);
  const reason = 'A workflow may invoke its own steps, in any of their versions.';
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>:*]`, reason });
}
