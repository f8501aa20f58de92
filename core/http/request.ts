import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';

/** The values of a header, whatever the case of its name, in the order in which they came. */
export function headerValues(event: APIGatewayProxyEvent, name: string): string[] {
  const all = Object.entries(event.multiValueHeaders ?? {});
  return all.filter(([key]) => key.toLowerCase() === name).flatMap(([, values]) => values ?? []);
}

export const header = (event: APIGatewayProxyEvent, name: string): string | undefined =>
  headerValues(event, name)[0];

/** The caller's own request id if it is one that can be logged and sent back as it is, else a new one. */
export function requestIdOf(event: APIGatewayProxyEvent): string {
  const given = header(event, 'x-request-id');
  return given && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : randomUUID();
}

/** The body as it was sent: API Gateway hands binary content types over in base64. */
export const bodyBytes = (event: APIGatewayProxyEvent): Buffer =>
  Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');

export const bodyText = (event: APIGatewayProxyEvent): string =>
  event.isBase64Encoded ? bodyBytes(event).toString('utf8') : (event.body ?? '');

/** True if the call sends a form that may have files (RFC 7578). */
export const isMultipart = (event: APIGatewayProxyEvent): boolean =>
  /^multipart\/form-data\s*(;|$)/i.test((header(event, 'content-type') ?? '').trim());

/**
 * What tells one body from another. A form's boundary is drawn anew whenever it is sent, and so is left out (RFC 2046 §5.1.1);
 * each byte of it is one character.
 */
export function bodyIdentity(event: APIGatewayProxyEvent): string {
  const [, quoted, plain] =
    /^multipart\/.*?;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(header(event, 'content-type') ?? '') ?? [];
  const boundary = quoted ?? plain;
  return boundary ? bodyBytes(event).toString('latin1').replaceAll(boundary, '') : bodyText(event);
}

/** The query with a list for each name that came more than once. */
export function queryOf(event: APIGatewayProxyEvent): Record<string, string | string[]> {
  const entries = Object.entries(event.multiValueQueryStringParameters ?? {});
  return Object.fromEntries(
    entries.map(([name, values = []]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}
