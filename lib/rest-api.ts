import {
  AccessLogField,
  AccessLogFormat,
  ApiDefinition,
  EndpointType,
  LogGroupLogDestination,
  MethodLoggingLevel,
  SpecRestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { apiDocument, apiName } from './api-document.ts';
import { logGroup } from './log-group.ts';
import type { Route } from './routes.ts';
import type { Settings } from './settings.ts';

/**
 * One line for each call, without anything that a person typed: the route's template instead of the path, and
 * no address.
 */
const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: AccessLogField.contextRequestId(),
    at: AccessLogField.contextRequestTime(),
    method: AccessLogField.contextHttpMethod(),
    route: AccessLogField.contextResourcePath(),
    status: AccessLogField.contextStatus(),
    milliseconds: AccessLogField.contextResponseLatency(),
    responseBytes: AccessLogField.contextResponseLength(),
    gatewayError: AccessLogField.contextErrorResponseType(),
  }),
);

/**
 * The API as a REST API: of API Gateway's kinds the one that routes paths with and without a slash at the
 * end, streams answers, and takes a web firewall.
 *
 * @param rest the function for everything that no route takes.
 * @param variables of the stage, which each call has.
 */
export function restApi(
  scope: Construct,
  settings: Settings,
  routes: Route[],
  rest: Pick<Route, 'fn' | 'invoker'>,
  variables: Record<string, string>,
): SpecRestApi {
  const logs = logGroup(scope, 'AccessLogs', settings);
  const api = new SpecRestApi(scope, 'Api', {
    restApiName: apiName(settings),
    apiDefinition: ApiDefinition.fromInline(apiDocument(settings, routes, rest)),
    endpointTypes: [EndpointType.REGIONAL],
    disableExecuteApiEndpoint: settings.domain?.defaultEndpoint === false,
    // The role is the account's: see account-stack.ts.
    cloudWatchRole: false,
    deployOptions: {
      stageName: settings.stage,
      variables,
      // Logs errors of the gateway itself; bodies are never traced.
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      // Functions count each call themselves, by system: the same by method is billed by method.
      metricsEnabled: false,
      tracingEnabled: false,
      accessLogDestination: new LogGroupLogDestination(logs),
      accessLogFormat,
    },
  });
  // CDK's own output of the address, which is wrong behind a domain: the stack has one of its own.
  api.node.tryRemoveChild('Endpoint');
  acknowledge(api, {
    'AwsSolutions-APIG2':
      'Functions validate each request: the gateway cannot word a rejection in the format of each API.',
    ...(settings.firewall
      ? {}
      : {
          'AwsSolutions-APIG3': 'The web firewall costs a few dollars a month; this stage has it turned off.',
        }),
    'HIPAA.Security-APIGWCacheEnabledAndEncrypted':
      'A cache of the gateway would serve stale records after a batch; functions cache answers by version.',
    'HIPAA.Security-APIGWXrayEnabled':
      'Without instrumented clients a trace has no more than the access log, which has the id of each call.',
    'HIPAA.Security-APIGWSSLEnabled':
      'Client certificates are for HTTP backends; this API calls only Lambda, by signed requests inside AWS.',
  });
  return api;
}
