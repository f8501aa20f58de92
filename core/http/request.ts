import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { inKeyOrder, parseJson } from './json.ts';

/**
 * All values of a header, in the order of the request.
 *
 * @param name in lower case; header names are case-insensitive (RFC 9110 §5.1).
 */
export function headerValues(event: APIGatewayProxyEvent, name: string): string[] {
  const all = Object.entries(event.multiValueHeaders ?? {});
  return all.filter(([key]) => key.toLowerCase() === name).flatMap(([, values]) => values ?? []);
}

export const header = (event: APIGatewayProxyEvent, name: string): string | undefined =>
  headerValues(event, name)[0];

/** The client's `X-Request-Id` if it is safe to log and to echo, else a new UUID. */
export function requestIdOf(event: APIGatewayProxyEvent): string {
  const given = header(event, 'x-request-id');
  return given && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : randomUUID();
}

/** The raw body. API Gateway passes binary content types in base64. */
export const bodyBytes = (event: APIGatewayProxyEvent): Buffer =>
  Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');

/**
 * The body as a text. Bytes that are not UTF-8 become U+FFFD; where a body comes as a text, the gateway has
 * done so before.
 */
export const bodyText = (event: APIGatewayProxyEvent): string =>
  event.isBase64Encoded ? bodyBytes(event).toString('utf8') : (event.body ?? '');

/** The media type of the body, without its parameters, in lower case; empty if there is none. */
export const mediaTypeOf = (event: APIGatewayProxyEvent): string =>
  (header(event, 'content-type') ?? '').split(';', 1).join('').trim().toLowerCase();

/** True if the body claims to be JSON (RFC 8259), or of a type that is written in JSON (RFC 6839). */
export const isJson = (event: APIGatewayProxyEvent): boolean =>
  /^application\/([a-z0-9!#$%&*.^`_-]+\+)?json$/.test(mediaTypeOf(event));

/** True if the call sends a form that may have files (RFC 7578). */
export const isMultipart = (event: APIGatewayProxyEvent): boolean =>
  mediaTypeOf(event) === 'multipart/form-data';

/**
 * The body as a text to compare for idempotency. JSON is compared as a value: keys may come in any order. A
 * form's boundary is random on every send (RFC 2046 §5.1.1), so it is left out; a form is read as Latin-1,
 * one character for each byte.
 */
export function bodyIdentity(event: APIGatewayProxyEvent): string {
  const [, quoted, plain] =
    /^multipart\/.*?;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(header(event, 'content-type') ?? '') ?? [];
  const boundary = quoted ?? plain;
  if (boundary) return bodyBytes(event).toString('latin1').replaceAll(boundary, '');
  return isJson(event) ? jsonIdentity(bodyText(event)) : bodyText(event);
}

/** A JSON text with its keys in one order; any other text as it is. */
function jsonIdentity(text: string): string {
  try {
    const { value, issues } = parseJson(text);
    return issues.length > 0 ? text : JSON.stringify(inKeyOrder(value));
  } catch {
    return text;
  }
}
