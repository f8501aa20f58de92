import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AccessLogField,
  AccessLogFormat,
  EndpointType,
  type IResource,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  ResponseType,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
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

/**
 * What the gateway answers by itself, before or instead of a function. Every path has a function behind it, so this is the last net;
 * it speaks as the paths that belong to no system do.
 */
const GATEWAY_ANSWERS = [
  { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, statusCode: '404', detail: 'Not Found' },
  { type: ResponseType.REQUEST_TOO_LARGE, statusCode: '413', detail: 'The body is too large' },
  { type: ResponseType.THROTTLED, statusCode: '429', detail: 'Too many requests' },
  { type: ResponseType.DEFAULT_4XX, detail: 'The request was refused' },
  { type: ResponseType.DEFAULT_5XX, detail: 'Internal server error' },
];

/** A REST API: of API Gateway's kinds the one that answers paths with and without a slash at the end, streams, and has a firewall. */
export function restApi(scope: Construct, settings: Settings): RestApi {
  const logs = new LogGroup(scope, 'AccessLogs', {
    retention: settings.logDays as RetentionDays,
    removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  const api = new RestApi(scope, 'Api', {
    description: `Bulkhead (${settings.stage})`,
    endpointTypes: [EndpointType.REGIONAL],
    // Files must reach a function as the bytes that were sent.
    binaryMediaTypes: ['multipart/form-data'],
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
  for (const { type, statusCode, detail } of GATEWAY_ANSWERS) {
    api.addGatewayResponse(type.responseType, {
      type,
      statusCode,
      responseHeaders: { 'X-Request-Id': 'context.requestId', ...gatewayCors(settings) },
      templates: { 'application/json': JSON.stringify({ detail }) },
    });
  }
  return api;
}

/** The gateway cannot choose among several origins, so with several a page reads no answer of the gateway's own. */
function gatewayCors({ corsOrigins: [origin, ...more] }: Settings): Record<string, string> {
  return origin && more.length === 0 ? { 'Access-Control-Allow-Origin': `'${origin}'` } : {};
}

/** Sends whatever no endpoint takes to one function: unknown methods of known paths, and unknown paths. */
export function catchTheRest(api: RestApi, fn: LambdaFunction): void {
  const integration = new LambdaIntegration(fn, { scopePermissionToMethod: false });
  const everyResource = api.node
    .findAll()
    .filter((construct) => 'addMethod' in construct) as unknown as IResource[];
  for (const resource of new Set(everyResource)) resource.addMethod('ANY', integration);
  api.root.addProxy({ anyMethod: true, defaultIntegration: integration });
}
