import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';

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

export const bodyText = (event: APIGatewayProxyEvent): string =>
  event.isBase64Encoded ? bodyBytes(event).toString('utf8') : (event.body ?? '');

/** True if the call sends a form that may have files (RFC 7578). */
export const isMultipart = (event: APIGatewayProxyEvent): boolean =>
  /^multipart\/form-data\s*(;|$)/i.test((header(event, 'content-type') ?? '').trim());

/**
 * The body as a text to compare for idempotency. A form's boundary is random on every send (RFC 2046 §5.1.1),
 * so it is left out; a form is read as Latin-1, one character for each byte.
 */
export function bodyIdentity(event: APIGatewayProxyEvent): string {
  const [, quoted, plain] =
    /^multipart\/.*?;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(header(event, 'content-type') ?? '') ?? [];
  const boundary = quoted ?? plain;
  return boundary ? bodyBytes(event).toString('latin1').replaceAll(boundary, '') : bodyText(event);
}

/** The query parameters; one that came several times is a list. */
export function queryOf(event: APIGatewayProxyEvent): Record<string, string | string[]> {
  const entries = Object.entries(event.multiValueQueryStringParameters ?? {});
  return Object.fromEntries(
    entries.map(([name, values = []]) => {
      const [only, ...others] = values;
      return [name, only !== undefined && others.length === 0 ? only : values];
    }),
  );
}
