import { Construct } from 'constructs';
import { type Endpoint, usesOf } from '../core/contract/endpoint.ts';
import { type FunctionName, fileName } from './bundle.ts';
import { grant, type Resources } from './grants.ts';
import { type FunctionDefaults, nodeFunction } from './node-function.ts';
import type { OwnRole } from './own-role.ts';
import { type Route, streamTimeoutSeconds } from './routes.ts';

/** One second below the 29 after which API Gateway gives up, so that the answer to a timeout is ours. */
export const endpointTimeoutSeconds = 28;

/** The reason why functions behind API Gateway need no dead-letter queue. */
export const answeredFailure =
  'API Gateway invokes it synchronously: the caller gets the error and may retry.';

export interface EndpointFunctionProps {
  system: string;
  /** The endpoint's name in its system, e.g. `createOne`. */
  name: string;
  endpoint: Endpoint;
  /** The role with which API Gateway calls the functions of the system. */
  invoker: OwnRole;
  resources: Resources;
  defaults: FunctionDefaults;
}

/** An endpoint as infrastructure: its Lambda, its permissions, and its route. */
export class EndpointFunction extends Construct {
  readonly route: Route;

  constructor(
    scope: Construct,
    { system, name, endpoint, invoker, resources, defaults }: EndpointFunctionProps,
  ) {
    super(scope, name);
    const limit = defaults.settings.rateLimits[`${system}.${name}`];
    const fn = nodeFunction(this, defaults, {
      name: `${system}/${fileName(name)}` satisfies FunctionName,
      description: endpoint.summary,
      timeoutSeconds: endpoint.streamed ? streamTimeoutSeconds - 1 : endpointTimeoutSeconds,
      memoryMb: endpoint.memoryMb,
      onFailure: answeredFailure,
    });
    if (limit) fn.addEnvironment('RATE_LIMIT', limit);
    grant(fn, usesOf(endpoint), resources);
    const { method, path, streamed = false } = endpoint;
    this.route = { method, path, fn, invoker, streamed };
  }
}
