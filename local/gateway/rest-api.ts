import { CannotStart } from '../cannot-start.ts';
import type { Stack } from '../template/stack.ts';

/** The integration of a method: a Lambda function, or a fixed (mock) response. */
type Integration =
  | {
      readonly kind: 'lambda';
      readonly functionArn: string;
      /** Time limit for the function's whole answer, streamed or not. */
      readonly timeoutMs: number;
      readonly streamed: boolean;
    }
  | { readonly kind: 'mock'; readonly status: number; readonly headers: Readonly<Record<string, string>> };

/** One path of the API, e.g. `/patients/{id}`, with the integrations of its methods (`ANY` matches each). */
export interface ApiResource {
  readonly path: string;
  readonly segments: readonly string[];
  readonly methods: ReadonlyMap<string, Integration>;
}

/** Customisation of one of the gateway's own error responses. */
export interface GatewayResponse {
  readonly status?: number;
  /** Literal text in single quotes, or a request property such as `context.requestId`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON template; `$context.error.messageString` and other `$context` variables are substituted. */
  readonly template?: string;
}

/** A REST API of the template. */
export interface RestApi {
  readonly id: string;
  readonly stage: string;
  /** The variables of the stage, which each call has; null if there are none. */
  readonly stageVariables: Readonly<Record<string, string>> | null;
  readonly resources: readonly ApiResource[];
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponse>;
  /** Bodies of these media types are passed to the function in base64. */
  readonly binaryMediaTypes: readonly string[];
}

interface RestApiProperties {
  readonly Body?: ApiDocument;
  readonly BinaryMediaTypes?: readonly string[];
}
interface StageProperties {
  readonly Variables?: Readonly<Record<string, string>>;
}
interface ResourceProperties {
  readonly ParentId: string;
  readonly PathPart: string;
}
interface MethodProperties {
  readonly HttpMethod: string;
  readonly ResourceId: string;
  readonly Integration?: IntegrationProperties;
}
interface IntegrationProperties {
  readonly Type?: string;
  readonly Uri?: string;
  readonly TimeoutInMillis?: number;
  readonly ResponseTransferMode?: 'BUFFERED' | 'STREAM';
  readonly IntegrationResponses?: readonly {
    readonly StatusCode: string;
    readonly ResponseParameters?: Record<string, string>;
  }[];
}

/** The parts of an OpenAPI document with API Gateway's extensions that a local run reads. */
interface ApiDocument {
  readonly 'x-amazon-apigateway-binary-media-types'?: readonly string[];
  readonly 'x-amazon-apigateway-gateway-responses'?: Readonly<Record<string, DocumentedResponse>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}
interface DocumentedResponse {
  readonly statusCode?: number;
  readonly responseParameters?: Record<string, string>;
  readonly responseTemplates?: Record<string, string>;
}
interface DocumentedOperation {
  readonly 'x-amazon-apigateway-integration'?: {
    readonly type?: string;
    readonly uri?: string;
    readonly timeoutInMillis?: number;
    readonly responseTransferMode?: 'BUFFERED' | 'STREAM';
  };
}
interface GatewayResponseProperties {
  readonly ResponseType: string;
  readonly StatusCode?: string;
  readonly ResponseParameters?: Record<string, string>;
  readonly ResponseTemplates?: Record<string, string>;
}

/** API Gateway's default integration timeout, which is also the maximum without a raised quota. */
const integrationTimeoutMs = 29_000;

/**
 * Reads the REST API of a stack.
 *
 * @throws CannotStart if there is not exactly one, or if it uses an integration that is not modelled.
 */
export function readRestApi(stack: Stack): RestApi {
  const apis = stack.resources<RestApiProperties>('AWS::ApiGateway::RestApi');
  const [api] = apis;
  if (!api || apis.length > 1)
    throw new CannotStart(`The stack has ${apis.length} REST APIs; a local run needs exactly one`);

  const { Body, BinaryMediaTypes = [] } = api.properties;
  const [stage] = stack.resources<StageProperties>('AWS::ApiGateway::Stage');
  return {
    id: String(stack.valueOf(api.logicalId)),
    stage: stage?.name ?? 'local',
    stageVariables: stage?.properties.Variables ?? null,
    resources: Body ? documented(Body) : assembled(stack, `${api.name}/root`),
    gatewayResponses: new Map([...responsesOf(stack), ...documentedResponses(Body)]),
    binaryMediaTypes: Body?.['x-amazon-apigateway-binary-media-types'] ?? BinaryMediaTypes,
  };
}

const resource = (segments: readonly string[], methods: ReadonlyMap<string, Integration>): ApiResource => ({
  path: `/${segments.join('/')}`,
  segments,
  methods,
});

/** The resources of an API that an OpenAPI document defines. */
const documented = ({ paths }: ApiDocument): ApiResource[] =>
  Object.entries(paths).map(([path, operations]) => {
    const methods = Object.entries(operations).map(([method, operation]) => {
      const { type, uri, timeoutInMillis, responseTransferMode } =
        operation['x-amazon-apigateway-integration'] ?? {};
      const properties = {
        Type: type?.toUpperCase(),
        Uri: uri,
        TimeoutInMillis: timeoutInMillis,
        ResponseTransferMode: responseTransferMode,
      };
      const name = method === 'x-amazon-apigateway-any-method' ? 'ANY' : method.toUpperCase();
      return [name, readIntegration(`${name} ${path}`, properties)] as const;
    });
    return resource(path.split('/').filter(Boolean), new Map(methods));
  });

/** The resources of an API that is defined by separate resources of the template. */
function assembled(stack: Stack, rootId: string): ApiResource[] {
  const parts = new Map(
    stack
      .resources<ResourceProperties>('AWS::ApiGateway::Resource')
      .map(({ name, properties }) => [name, properties]),
  );
  const segmentsOf = (id: string): string[] => {
    if (id === rootId) return [];
    const part = parts.get(id);
    if (!part) throw new CannotStart(`The REST API has a method on ${id}, which is not one of its resources`);
    return [...segmentsOf(part.ParentId), part.PathPart];
  };

  const methods = new Map<string, Map<string, Integration>>();
  for (const id of [rootId, ...parts.keys()]) methods.set(id, new Map());
  for (const { logicalId, properties } of stack.resources<MethodProperties>('AWS::ApiGateway::Method'))
    methods
      .get(properties.ResourceId)
      ?.set(properties.HttpMethod, readIntegration(logicalId, properties.Integration ?? {}));

  return [...methods].map(([id, onResource]) => resource(segmentsOf(id), onResource));
}

/** @param place the method or logical id that an error names. */
function readIntegration(place: string, properties: IntegrationProperties): Integration {
  const { Type, Uri = '', TimeoutInMillis = integrationTimeoutMs, ResponseTransferMode } = properties;
  if (Type === 'MOCK') {
    const [response] = properties.IntegrationResponses ?? [];
    return {
      kind: 'mock',
      status: Number(response?.StatusCode ?? 200),
      headers: literalHeaders(place, response?.ResponseParameters),
    };
  }
  const functionArn = /\/functions\/([^/]+)\/(?:invocations|response-streaming-invocations)$/.exec(Uri)?.[1];
  if (Type !== 'AWS_PROXY' || !functionArn)
    throw new CannotStart(`${place} has an integration ${Type} ${Uri}, which a local run does not know`);
  const streamed = ResponseTransferMode === 'STREAM' || Uri.endsWith('response-streaming-invocations');
  return { kind: 'lambda', functionArn, timeoutMs: TimeoutInMillis, streamed };
}

function literalHeaders(place: string, parameters?: Record<string, string>): Record<string, string> {
  const headers = Object.entries(headerParameters(parameters, 'method.response.header.'));
  return Object.fromEntries(
    headers.map(([name, value]) => {
      const text = literal(value);
      if (text === undefined)
        throw new CannotStart(`${place} maps ${value} to a header, which a local run does not support`);
      return [name, text];
    }),
  );
}

const responsesOf = (stack: Stack): [string, GatewayResponse][] =>
  stack
    .resources<GatewayResponseProperties>('AWS::ApiGateway::GatewayResponse')
    .map(({ properties: { ResponseType, ...rest } }) => [
      ResponseType,
      gatewayResponse(rest.StatusCode, rest.ResponseParameters, rest.ResponseTemplates),
    ]);

const documentedResponses = (document: ApiDocument | undefined): [string, GatewayResponse][] =>
  Object.entries(document?.['x-amazon-apigateway-gateway-responses'] ?? {}).map(
    ([type, { statusCode, responseParameters, responseTemplates }]) => [
      type,
      gatewayResponse(statusCode, responseParameters, responseTemplates),
    ],
  );

function gatewayResponse(
  status: string | number | undefined,
  parameters: Record<string, string> | undefined,
  templates: Record<string, string> | undefined,
): GatewayResponse {
  const template = templates?.['application/json'];
  return {
    ...(status === undefined ? {} : { status: Number(status) }),
    headers: headerParameters(parameters, 'gatewayresponse.header.'),
    ...(template === undefined ? {} : { template }),
  };
}

/** The header parameters among all parameters, by header name. */
function headerParameters(parameters: Record<string, string> = {}, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/** The text of a literal parameter (in single quotes); undefined if the parameter is a mapping expression. */
export const literal = (parameter: string): string | undefined => /^'(.*)'$/s.exec(parameter)?.[1];
