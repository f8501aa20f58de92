import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Endpoint } from '../core/endpoint.ts';
import { OwnRole } from './own-role.ts';

/** A function behind one method of one path, and the role with which API Gateway calls it. */
export interface Route {
  method: Endpoint['method'];
  path: string;
  fn: LambdaFunction;
  invoker: OwnRole;
}

/** The role with which API Gateway calls the functions of one system: one permission for them all, and none for anybody else's. */
export const invokerRole = (scope: Construct): OwnRole =>
  new OwnRole(scope, 'Invoker', { assumedBy: new ServicePrincipal('apigateway.amazonaws.com') });
