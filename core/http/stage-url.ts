import type { APIGatewayProxyEvent } from 'aws-lambda';
import { header } from './request.ts';

/**
 * The part of a path that comes before the API's own: `/<stage>` at API Gateway's own address, nothing at a
 * domain that is mapped to the stage.
 *
 * API Gateway routes by the host, and tells the function which one it was (`$context.domainName`); its own
 * address begins with the API's id.
 */
const stagePrefix = ({ requestContext: { apiId, domainName, stage } }: APIGatewayProxyEvent): string =>
  domainName?.startsWith(`${apiId}.execute-api.`) ? `/${stage}` : '';

/** A path of the API as the caller of this call reaches it. */
export const reachable = (event: APIGatewayProxyEvent, path: string): string => stagePrefix(event) + path;

/** The address of the API as the caller of this call reaches it, without a slash at the end. */
export function stageUrl(event: APIGatewayProxyEvent): string {
  const scheme = header(event, 'x-forwarded-proto') ?? 'https';
  const host = header(event, 'host') ?? event.requestContext.domainName ?? '';
  return `${scheme}://${host}${stagePrefix(event)}`;
}
