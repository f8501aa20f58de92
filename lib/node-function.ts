import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { ManagedPolicy, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionName } from './bundle.ts';
import { OwnRole } from './own-role.ts';
import type { Settings } from './settings.ts';

/** What all functions of the app share. */
export interface FunctionDefaults {
  /** The folder that `bundle` filled. */
  bundles: string;
  settings: Settings;
  environment: Record<string, string>;
}

export interface FunctionProps {
  name: FunctionName;
  /** One line for whoever finds it in the console. */
  description: string;
  timeoutSeconds: number;
  /** 1,024 unless told: with less memory comes less CPU, and a cold start of an SDK client is all CPU. */
  memoryMb?: number;
}

/** A Lambda as this house runs them: Node 24 on ARM, its prebuilt bundle, its own log group, traced. */
export function nodeFunction(
  scope: Construct,
  defaults: FunctionDefaults,
  props: FunctionProps,
): LambdaFunction {
  const { settings } = defaults;
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: settings.logDays as RetentionDays,
    removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  const role = new OwnRole(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaBasicExecutionRole')],
  });
  return new LambdaFunction(scope, 'Function', {
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(`${defaults.bundles}/${props.name}`),
    handler: 'index.handler',
    timeout: Duration.seconds(props.timeoutSeconds),
    memorySize: props.memoryMb ?? 1024,
    role,
    logGroup,
    loggingFormat: LoggingFormat.TEXT,
    tracing: Tracing.ACTIVE,
    environment: defaults.environment,
  });
}
