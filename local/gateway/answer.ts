import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { GatewayRequest } from './event.ts';
import { type GatewayResponse, literal } from './rest-api.ts';

/** A response to the client. Header values are lists because a header may be sent several times. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
}

/** Status and headers of an answer, without its body. */
export type Head = Omit<HttpAnswer, 'body'>;

/** Errors that the gateway answers by itself, with API Gateway's status and message. */
const gatewayFaults = {
  MISSING_AUTHENTICATION_TOKEN: [403, 'Missing Authentication Token'],
  REQUEST_TOO_LARGE: [413, 'Request Too Long'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'Unsupported Media Type'],
  HEADERS_TOO_LARGE: [431, 'Request Header Fields Too Large'],
  INTEGRATION_TIMEOUT: [504, 'Endpoint request timed out'],
  /** The function failed, or its result is not a valid proxy answer. */
  BAD_INTEGRATION_ANSWER: [502, 'Internal server error'],
  /** Lambda did not run the function, since too many run already. */
  INTEGRATION_THROTTLED: [500, 'Internal server error'],
  THROTTLED: [429, 'Too Many Requests'],
} as const;
export type GatewayFault = keyof typeof gatewayFaults;

/** The gateway's own error response, shaped by the gateway responses of the template. */
export function faultAnswer(
  fault: GatewayFault,
  configured: ReadonlyMap<string, GatewayResponse>,
  request: Pick<GatewayRequest, 'requestId' | 'path' | 'method'>,
): HttpAnswer {
  const [ownStatus, message] = gatewayFaults[fault];
  const response =
    configured.get(fault) ?? configured.get(ownStatus < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX') ?? undefined;
  const template = response?.template ?? '{"message":$context.error.messageString}';
  const context: Record<string, string> = {
    'error.messageString': JSON.stringify(message),
    'error.message': message,
    'error.responseType': fault,
    requestId: request.requestId,
    extendedRequestId: request.requestId,
    path: request.path,
    httpMethod: request.method,
  };
  // An unknown variable is rendered as an empty text, as API Gateway does.
  const body = template.replace(
    /\$context\.([a-zA-Z]+(?:\.[a-zA-Z]+)?)/g,
    (_, name: string) => context[name] ?? '',
  );
  return {
    status: response?.status ?? ownStatus,
    headers: {
      'Content-Type': ['application/json'],
      'x-amzn-RequestId': [request.requestId],
      'x-amzn-ErrorType': [fault],
      ...Object.fromEntries(
        Object.entries(response?.headers ?? {}).map(([name, value]) => [
          name,
          [literal(value) ?? context[value.replace(/^context\./, '')] ?? ''],
        ]),
      ),
    },
    body: Buffer.from(body),
  };
}

/** API Gateway's answer to a path that begins with no stage of the API, whose own responses do not apply. */
export const noSuchStage = (requestId: string): HttpAnswer => ({
  status: 403,
  headers: {
    'Content-Type': ['application/json'],
    'x-amzn-RequestId': [requestId],
    'x-amzn-ErrorType': ['ForbiddenException'],
  },
  body: Buffer.from('{"message":"Forbidden"}'),
});

interface ProxyAnswer {
  readonly statusCode?: unknown;
  readonly headers?: unknown;
  readonly multiValueHeaders?: unknown;
  readonly body?: unknown;
  readonly isBase64Encoded?: unknown;
}

/** Renders a function's result; undefined if it is not a valid proxy answer. */
export function renderProxyAnswer(payload: string, requestId: string): HttpAnswer | undefined {
  const answer = parseObject(payload) as ProxyAnswer | undefined;
  const head = answer && renderHead(answer, requestId);
  if (!head) return;
  const { body = '', isBase64Encoded = false } = answer;
  if (body !== null && typeof body !== 'string') return;
  return { ...head, body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8') };
}

/** Renders the prelude of a streamed answer; undefined if it is not valid. */
export function renderPrelude(prelude: string, requestId: string): Head | undefined {
  const answer = parseObject(prelude) as (ProxyAnswer & { cookies?: unknown }) | undefined;
  const head = answer && renderHead(answer, requestId);
  if (!head || !Array.isArray(answer.cookies)) return head;
  return { ...head, headers: { ...head.headers, 'Set-Cookie': answer.cookies.map(String) } };
}

function renderHead(answer: ProxyAnswer, requestId: string): Head | undefined {
  const { statusCode = 200, headers = {}, multiValueHeaders = {} } = answer;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return;
  const single = headers ?? {};
  const multiple = multiValueHeaders ?? {};
  if (typeof single !== 'object' || typeof multiple !== 'object') return;
  const merged = new Map<string, { name: string; values: string[] }>([
    ['content-type', { name: 'Content-Type', values: ['application/json'] }],
    ['x-amzn-requestid', { name: 'x-amzn-RequestId', values: [requestId] }],
  ]);
  for (const [name, value] of Object.entries(single))
    if (value !== undefined && value !== null)
      merged.set(name.toLowerCase(), { name, values: [String(value)] });
  for (const [name, values] of Object.entries(multiple)) {
    if (!Array.isArray(values)) return;
    const known = merged.get(name.toLowerCase());
    const added = values.map(String).filter((value) => !(name in single && known?.values.includes(value)));
    merged.set(name.toLowerCase(), {
      name,
      values: name in single ? [...(known?.values ?? []), ...added] : added,
    });
  }
  if (![...merged.values()].every(isSendable)) return;
  // The gateway counts the bytes itself; the function's own figure may be wrong after base64 decoding.
  merged.delete('content-length');
  return {
    status,
    headers: Object.fromEntries([...merged.values()].map(({ name, values }) => [name, values])),
  };
}

/** True if HTTP can carry this header: it must not contain line breaks or characters beyond Latin-1. */
function isSendable({ name, values }: { name: string; values: readonly string[] }): boolean {
  try {
    validateHeaderName(name);
    for (const value of values) validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

function parseObject(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
