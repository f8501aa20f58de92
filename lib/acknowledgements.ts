import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

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

/** Puts the reasons on record for everything below a construct. */
export function acknowledgeFindings(scope: IConstruct): void {
  for (const [id, reason] of Object.entries(KNOWN)) Validations.of(scope).acknowledge({ id, reason });
}
