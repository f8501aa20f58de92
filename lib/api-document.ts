import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { methodsServed } from '../core/contract/endpoint.ts';
import { binaryTypes } from '../core/contract/media-types.ts';
import { type Route, streamTimeoutSeconds } from './routes.ts';
import type { Settings } from './settings.ts';

/**
 * Answers of the gateway itself, before or instead of a function. Every path has a function behind it, so
 * they are rare. Their format is that of paths that belong to no system.
 */
const gatewayAnswers = [
  { type: 'MISSING_AUTHENTICATION_TOKEN', statusCode: 404, detail: 'Not Found' },
  { type: 'REQUEST_TOO_LARGE', statusCode: 413, detail: 'The body is too large' },
  {
    type: 'UNSUPPORTED_MEDIA_TYPE',
    statusCode: 415,
    detail: 'The body must be packed as its Content-Encoding says: gzip, deflate or identity',
  },
  { type: 'THROTTLED', statusCode: 429, detail: 'Too many requests' },
  { type: 'DEFAULT_4XX', detail: 'The request was refused' },
  // A function was throttled, crashed or ran out of time: the gateway does not know how far it came.
  {
    type: 'DEFAULT_5XX',
    statusCode: 503,
    detail: 'The request could not be finished: repeat it, with its Idempotency-Key if it had one',
    retryAfter: 5,
  },
];

function gatewayResponses(settings: Settings) {
  const headers = { 'X-Request-Id': 'context.requestId', ...gatewayCors(settings) };
  return Object.fromEntries(
    gatewayAnswers.map(({ type, statusCode, detail, retryAfter }) => [
      type,
      {
        ...(statusCode ? { statusCode } : {}),
        responseParameters: responseParametersOf(
          retryAfter ? { ...headers, 'Retry-After': `'${retryAfter}'` } : headers,
        ),
        responseTemplates: { 'application/json': JSON.stringify({ detail }) },
      },
    ]),
  );
}

/** Headers of a gateway response: literals in single quotes, or values of the context. */
const responseParametersOf = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [`gatewayresponse.header.${name}`, value]),
  );

/**
 * CORS headers of the gateway's own answers. It cannot choose among several origins, so with several there
 * are none.
 */
function gatewayCors({ corsOrigins: [origin, ...more] }: Settings): Record<string, string> {
  return origin && more.length === 0 ? { 'Access-Control-Allow-Origin': `'${origin}'` } : {};
}

/**
 * The proxy integration that invokes one function (API Gateway's extension of OpenAPI,
 * x-amazon-apigateway-integration). The invoker's role gets the permission.
 */
function integration({ fn, invoker, streamed }: Pick<Route, 'fn' | 'invoker' | 'streamed'>) {
  invoker.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] }),
  );
  const { partition, region } = Stack.of(fn);
  const [version, invocations] = streamed
    ? ['2021-11-15', 'response-streaming-invocations']
    : ['2015-03-31', 'invocations'];
  const path = `${version}/functions/${fn.functionArn}/${invocations}`;
  return {
    type: 'aws_proxy',
    // Lambda is always invoked by POST.
    httpMethod: 'POST',
    uri: `arn:${partition}:apigateway:${region}:lambda:path/${path}`,
    credentials: invoker.roleArn,
    ...(streamed ? { responseTransferMode: 'STREAM', timeoutInMillis: streamTimeoutSeconds * 1_000 } : {}),
  };
}

const parametersOf = (path: string) =>
  [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

const operation = (path: string, invocation: ReturnType<typeof integration>) => ({
  parameters: parametersOf(path),
  responses: {},
  'x-amazon-apigateway-integration': invocation,
});

/** The name of a stage's API, by which CloudWatch tells its metrics from those of other APIs. */
export const apiName = ({ stage }: Settings): string => `bulkhead-${stage}`;

/**
 * The API as the OpenAPI document that API Gateway imports. It has no schemas: contracts validate requests in
 * the functions, and the gateway takes OpenAPI 3.0 only. A document is one resource of the template, where
 * paths and methods would be three for each endpoint.
 *
 * @param rest the function for everything that no route takes: other methods of their paths, and other paths.
 */
export function apiDocument(settings: Settings, routes: Route[], rest: Pick<Route, 'fn' | 'invoker'>) {
  const otherwise = integration(rest);
  const paths = [...new Set(['/', '/{proxy+}', ...routes.map(({ path }) => path)])];
  const methodsOf = (path: string) =>
    routes
      .filter((route) => route.path === path)
      .flatMap((route) => {
        const invocation = operation(path, integration(route));
        return methodsServed(route.method).map((method) => [method.toLowerCase(), invocation]);
      });
  return {
    openapi: '3.0.1',
    info: { title: apiName(settings), version: '1' },
    // Also a setting of the API. Here it makes a new deployment, without which a change has no effect.
    ...(settings.domain
      ? {
          'x-amazon-apigateway-endpoint-configuration': {
            disableExecuteApiEndpoint: !settings.domain.defaultEndpoint,
          },
        }
      : {}),
    'x-amazon-apigateway-binary-media-types': binaryTypes,
    'x-amazon-apigateway-gateway-responses': gatewayResponses(settings),
    paths: Object.fromEntries(
      paths.map((path) => [
        path,
        {
          ...Object.fromEntries(methodsOf(path)),
          'x-amazon-apigateway-any-method': operation(path, otherwise),
        },
      ]),
    ),
  };
}
