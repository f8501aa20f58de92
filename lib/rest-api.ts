import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AccessLogField,
  AccessLogFormat,
  ApiDefinition,
  EndpointType,
  LogGroupLogDestination,
  MethodLoggingLevel,
  SpecRestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { apiDocument } from './api-document.ts';
import type { Route } from './routes.ts';
import type { Settings } from './settings.ts';

/** One line for each call, with nothing in it that a person typed: the route's template instead of the path, and no address. */
const ACCESS_LOG = AccessLogFormat.custom(
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

/** A REST API: of API Gateway's kinds the one that answers paths with and without a slash at the end, streams, and has a firewall. */
export function restApi(
  scope: Construct,
  settings: Settings,
  routes: Route[],
  rest: Pick<Route, 'fn' | 'invoker'>,
): SpecRestApi {
  const logs = new LogGroup(scope, 'AccessLogs', {
    retention: settings.logDays as RetentionDays,
    removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  return new SpecRestApi(scope, 'Api', {
    apiDefinition: ApiDefinition.fromInline(apiDocument(settings, routes, rest)),
    endpointTypes: [EndpointType.REGIONAL],
    cloudWatchRole: true,
    cloudWatchRoleRemovalPolicy: RemovalPolicy.DESTROY,
    deployOptions: {
      stageName: settings.stage,
      tracingEnabled: true,
      metricsEnabled: true,
      // Errors of the gateway itself; bodies are never traced.
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      accessLogDestination: new LogGroupLogDestination(logs),
      accessLogFormat: ACCESS_LOG,
    },
  });
}
