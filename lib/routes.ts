import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Endpoint } from '../core/contract/endpoint.ts';
import { OwnRole } from './own-role.ts';

/**
 * The seconds that API Gateway waits for the end of a streamed answer. It allows 900, and passes on 10 MB at
 * once and then 2 MB a second (developer guide, response streaming): 300 seconds are enough for half a
 * gigabyte.
 */
export const streamTimeoutSeconds = 300;

/** A function behind one method of one path, and the role with which API Gateway calls it. */
export interface Route {
  method: Endpoint['method'];
  path: string;
  fn: LambdaFunction;
  invoker: OwnRole;
  /** True if the function streams its answer. */
  streamed?: boolean;
}

/** The role with which API Gateway invokes the functions of one system, and no other system's. */
export const invokerRole = (scope: Construct): OwnRole =>
  new OwnRole(scope, 'Invoker', { assumedBy: new ServicePrincipal('apigateway.amazonaws.com') });
