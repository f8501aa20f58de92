import { Duration } from 'aws-cdk-lib';
import { ManagedPolicy, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { FunctionName } from './bundle.ts';
import { OwnRole } from './own-role.ts';
import type { Settings } from './settings.ts';

/** Settings that all functions of a system share. */
export interface FunctionDefaults {
  /** The folder that `bundle` of bundle.ts filled. */
  bundles: string;
  settings: Settings;
  environment: Record<string, string>;
  /** The log group of the system. */
  logs: ILogGroup;
}

export interface FunctionProps {
  name: FunctionName;
  /** One line, shown in the console of Lambda. */
  description: string;
  timeoutSeconds: number;
  /** Default 1,024: less memory means less CPU, and the cold start of an SDK client is all CPU. */
  memoryMb?: number;
  /**
   * The handling of a failed invocation, as the reason why the function needs no dead-letter queue of its
   * own.
   */
  onFailure: string;
}

/** A Lambda function on Node.js 24 and ARM, with its prebuilt bundle and its own role. */
export function nodeFunction(
  scope: Construct,
  defaults: FunctionDefaults,
  props: FunctionProps,
): LambdaFunction {
  const role = new OwnRole(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaBasicExecutionRole')],
  });
  acknowledge(role, {
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
      'The policy allows nothing but creating and writing logs.',
  });
  const fn = new LambdaFunction(scope, 'Function', {
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(`${defaults.bundles}/${props.name}`),
    handler: 'index.handler',
    timeout: Duration.seconds(props.timeoutSeconds),
    memorySize: props.memoryMb ?? 1024,
    role,
    logGroup: defaults.logs,
    loggingFormat: LoggingFormat.TEXT,
    environment: defaults.environment,
  });
  acknowledge(fn, {
    'HIPAA.Security-LambdaConcurrency':
      'Reserved concurrency on every function fails to deploy on accounts with small limits.',
    'HIPAA.Security-LambdaDLQ': props.onFailure,
    'HIPAA.Security-LambdaInsideVPC':
      'It accepts no connections and calls public endpoints over TLS: a VPC would add NAT, and IAM bounds what it reaches.',
  });
  return fn;
}
