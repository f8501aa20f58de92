import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { present } from '../../core/invariant.ts';
import { account } from '../account.ts';
import type { Match } from './match.ts';
import type { RestApi } from './rest-api.ts';

/** An HTTP request as the gateway received it. */
export interface GatewayRequest {
  readonly method: string;
  /** The API's path as sent: not decoded, with or without a trailing slash. */
  readonly path: string;
  /** The host that was called, without its port. */
  readonly host: string;
  /** What came before the path: `/<stage>` at API Gateway's own address, nothing at any other host. */
  readonly prefix: string;
  readonly query: URLSearchParams;
  /** Names and values as sent, alternating. */
  readonly rawHeaders: readonly string[];
  readonly sourceIp: string;
  /** The local port that received it. */
  readonly port: number;
  readonly body: Buffer;
  readonly requestId: string;
}

/**
 * Collects the parts of a request whose body was already read.
 *
 * `<api id>.execute-api.<Region>.amazonaws.com` as the host is API Gateway's own address, where the stage is
 * the first part of each path. Every other host, as `localhost`, is a custom domain mapped to the stage.
 *
 * @returns undefined for another stage at API Gateway's own address, which then answers without the API.
 */
export function gatewayRequest(
  { id, stage }: Pick<RestApi, 'id' | 'stage'>,
  message: IncomingMessage,
  body: Buffer,
): GatewayRequest | undefined {
  const [whole = '/', query = ''] = splitOnce(message.url ?? '/', '?');
  const host = (message.headers.host ?? 'localhost').replace(/:\d+$/, '');
  const prefix = host.startsWith(`${id}.execute-api.`) ? `/${stage}` : '';
  if (prefix && whole !== prefix && !whole.startsWith(`${prefix}/`)) return undefined;
  return {
    method: present(message.method, 'a server sets the method of each request'),
    path: whole.slice(prefix.length) || '/',
    host,
    prefix,
    query: new URLSearchParams(query),
    rawHeaders: message.rawHeaders,
    sourceIp: (message.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, ''),
    port: message.socket.localPort ?? 0,
    body,
    requestId: randomUUID(),
  };
}

/** The event of a Lambda proxy integration, payload format 1.0, as JSON text. */
export function proxyEvent(api: RestApi, { resource, parameters }: Match, request: GatewayRequest): string {
  const headers = groups([...pairs(request.rawHeaders), ...forwarded(request)]);
  const query = groups([...request.query]);
  const binary = isBinary(contentType(request.rawHeaders), api.binaryMediaTypes);
  const now = Date.now();
  return JSON.stringify({
    resource: resource.path,
    path: request.path,
    httpMethod: request.method,
    headers: headers && lastOfEach(headers),
    multiValueHeaders: headers,
    queryStringParameters: query && lastOfEach(query),
    multiValueQueryStringParameters: query,
    pathParameters: parameters,
    stageVariables: api.stageVariables,
    requestContext: {
      accountId: account,
      apiId: api.id,
      domainName: request.host,
      domainPrefix: request.host.split('.', 1)[0],
      extendedRequestId: request.requestId,
      httpMethod: request.method,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        sourceIp: request.sourceIp,
        user: null,
        userAgent: headers
          ? (lastOfEach(headers)['User-Agent'] ?? lastOfEach(headers)['user-agent'] ?? null)
          : null,
        userArn: null,
      },
      path: request.prefix + request.path,
      protocol: 'HTTP/1.1',
      requestId: request.requestId,
      requestTime: commonLogTime(now),
      requestTimeEpoch: now,
      resourceId: resource.path,
      resourcePath: resource.path,
      stage: api.stage,
    },
    body: request.body.length === 0 ? null : request.body.toString(binary ? 'base64' : 'utf8'),
    isBase64Encoded: binary && request.body.length > 0,
  });
}

/** Headers that the gateway adds about the client's connection. */
const forwarded = ({ sourceIp, requestId, port }: GatewayRequest): [string, string][] => [
  ['X-Amzn-Trace-Id', `Root=${requestId}`],
  ['X-Forwarded-For', sourceIp],
  ['X-Forwarded-Port', String(port)],
  ['X-Forwarded-Proto', 'http'],
];

/** A time in API Gateway's format, e.g. `09/Apr/2026:12:34:56 +0000`. */
function commonLogTime(milliseconds: number): string {
  const [, day, month, year, time] =
    /, (\d\d) (\w{3}) (\d{4}) ([\d:]+)/.exec(new Date(milliseconds).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

/** The media type of a request, without its parameters, in lower case. */
function contentType(rawHeaders: readonly string[]): string {
  const [, value = ''] = pairs(rawHeaders).find(([name]) => name.toLowerCase() === 'content-type') ?? [];
  return value.replace(/;.*$/s, '').trim().toLowerCase();
}

/** True if the API passes bodies of this type in base64. Either half of a pattern may be `*`: `image/*`. */
function isBinary(type: string, binaryMediaTypes: readonly string[]): boolean {
  return binaryMediaTypes.some((pattern) => {
    const [major, minor] = pattern.toLowerCase().split('/');
    const [ofType, ofSubtype] = type.split('/');
    return (major === '*' || major === ofType) && (minor === '*' || minor === ofSubtype);
  });
}

function pairs(flat: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at < flat.length; at += 2) found.push([rawAt(flat, at), rawAt(flat, at + 1)]);
  return found;
}

const rawAt = (flat: readonly string[], at: number): string =>
  present(flat[at], 'raw headers are names and values in turn');

/** The values of each name; null if there are no entries, as in API Gateway's events. */
function groups(entries: readonly (readonly [string, string])[]): Record<string, string[]> | null {
  if (entries.length === 0) return null;
  const grouped: Record<string, string[]> = {};
  for (const [name, value] of entries)
    if (Object.hasOwn(grouped, name)) grouped[name]?.push(value);
    else Object.defineProperty(grouped, name, { value: [value], enumerable: true, configurable: true });
  return grouped;
}

const lastOfEach = (grouped: Record<string, string[]>): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(grouped).map(([name, values]) => [name, values.at(-1)]));

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
