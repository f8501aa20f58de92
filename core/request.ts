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

/** The body as text: API Gateway hands binary content types over in base64. */
export function bodyText(event: APIGatewayProxyEvent): string {
  return event.isBase64Encoded
    ? Buffer.from(event.body ?? '', 'base64').toString('utf8')
    : (event.body ?? '');
}

/** The query with a list for each name that came more than once. */
export function queryOf(event: APIGatewayProxyEvent): Record<string, string | string[]> {
  const entries = Object.entries(event.multiValueQueryStringParameters ?? {});
  return Object.fromEntries(
    entries.map(([name, values = []]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}
