import { CannotStart } from '../cannot-start.ts';
import type { Stack } from '../template/stack.ts';

/** What answers a method of the API. */
type Integration =
  | {
      readonly kind: 'lambda';
      readonly functionArn: string;
      /** How long the gateway waits for the answer, or for its first byte when it is streamed. */
      readonly timeoutMs: number;
      readonly streamed: boolean;
    }
  | { readonly kind: 'mock'; readonly status: number; readonly headers: Readonly<Record<string, string>> };

/** One path of the API, e.g. `/patients/{id}`, with what answers its methods (`ANY` matches each). */
export interface ApiResource {
  readonly path: string;
  readonly segments: readonly string[];
  readonly methods: ReadonlyMap<string, Integration>;
}

/** What the gateway itself answers, by the type of its fault. */
export interface GatewayResponse {
  readonly status?: number;
  /** Literal text in single quotes, or something of the request such as `context.requestId`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON template; `$context.error.messageString` and its siblings are filled in. */
  readonly template?: string;
}

/** A REST API as the template describes it. */
export interface RestApi {
  readonly id: string;
  readonly stage: string;
  readonly resources: readonly ApiResource[];
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponse>;
  /** Bodies of these media types reach the function in base64. */
  readonly binaryMediaTypes: readonly string[];
}

interface RestApiProperties {
  readonly Body?: unknown;
  readonly BinaryMediaTypes?: readonly string[];
}
interface ResourceProperties {
  readonly ParentId: string;
  readonly PathPart: string;
}
interface MethodProperties {
  readonly HttpMethod: string;
  readonly ResourceId: string;
  readonly Integration?: {
    readonly Type?: string;
    readonly Uri?: string;
    readonly TimeoutInMillis?: number;
    readonly ResponseTransferMode?: 'BUFFERED' | 'STREAM';
    readonly IntegrationResponses?: readonly {
      readonly StatusCode: string;
      readonly ResponseParameters?: Record<string, string>;
    }[];
  };
}
interface GatewayResponseProperties {
  readonly ResponseType: string;
  readonly StatusCode?: string;
  readonly ResponseParameters?: Record<string, string>;
  readonly ResponseTemplates?: Record<string, string>;
}

/** API Gateway's own default, and the most that an API may have without a raised quota. */
const integrationTimeoutMs = 29_000;

/**
 * The one REST API of a stack.
 *
 * @throws CannotStart if there is none or several, or if it uses an integration that a local run does not
 * know.
 */
export function readRestApi(stack: Stack): RestApi {
  const apis = stack.resources<RestApiProperties>('AWS::ApiGateway::RestApi');
  const [api] = apis;
  if (!api || apis.length > 1)
    throw new CannotStart(`The stack has ${apis.length} REST APIs; a local run needs exactly one`);
  if (api.properties.Body)
    throw new CannotStart(`${api.logicalId} is defined by an OpenAPI body, which a local run does not read`);

  const rootId = `${api.name}/root`;
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
    methods.get(properties.ResourceId)?.set(properties.HttpMethod, readIntegration(logicalId, properties));

  return {
    id: api.name,
    stage: stack.resources('AWS::ApiGateway::Stage')[0]?.name ?? 'local',
    resources: [...methods].map(([id, onResource]) => {
      const segments = segmentsOf(id);
      return { path: `/${segments.join('/')}`, segments, methods: onResource };
    }),
    gatewayResponses: readGatewayResponses(stack),
    binaryMediaTypes: api.properties.BinaryMediaTypes ?? [],
  };
}

function readIntegration(logicalId: string, { Integration = {} }: MethodProperties): Integration {
  const { Type, Uri = '', TimeoutInMillis = integrationTimeoutMs, ResponseTransferMode } = Integration;
  if (Type === 'MOCK') {
    const [response] = Integration.IntegrationResponses ?? [];
    return {
      kind: 'mock',
      status: Number(response?.StatusCode ?? 200),
      headers: Object.fromEntries(
        Object.entries(headerParameters(response?.ResponseParameters, 'method.response.header.')).map(
          ([name, value]) => [name, literal(value) ?? ''],
        ),
      ),
    };
  }
  const functionArn = /\/functions\/(.+)\/(?:invocations|response-streaming-invocations)$/.exec(Uri)?.[1];
  if (Type !== 'AWS_PROXY' || !functionArn)
    throw new CannotStart(`${logicalId} has an integration ${Type} ${Uri}, which a local run does not know`);
  const streamed = ResponseTransferMode === 'STREAM' || Uri.endsWith('response-streaming-invocations');
  return { kind: 'lambda', functionArn, timeoutMs: TimeoutInMillis, streamed };
}

function readGatewayResponses(stack: Stack): ReadonlyMap<string, GatewayResponse> {
  return new Map(
    stack
      .resources<GatewayResponseProperties>('AWS::ApiGateway::GatewayResponse')
      .map(({ properties: { ResponseType, StatusCode, ResponseParameters, ResponseTemplates } }) => {
        const template = ResponseTemplates?.['application/json'];
        return [
          ResponseType,
          {
            ...(StatusCode ? { status: Number(StatusCode) } : {}),
            headers: headerParameters(ResponseParameters, 'gatewayresponse.header.'),
            ...(template === undefined ? {} : { template }),
          },
        ];
      }),
  );
}

/** The header parameters among all, by the name of the header. */
function headerParameters(parameters: Record<string, string> = {}, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/**
 * The text of a literal parameter, which API Gateway writes in single quotes; undefined if it is something
 * else.
 */
export const literal = (parameter: string): string | undefined => /^'(.*)'$/s.exec(parameter)?.[1];
