import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { corsHeaders, preflightHeaders } from '../../core/http/cors.ts';
import { Problem } from '../../core/http/problem.ts';
import { proxyResult, spelled } from '../../core/http/render.ts';
import { header, requestIdOf } from '../../core/http/request.ts';
import { endpoints } from '../index.ts';
import { methodsOf, systemOf } from './routes.ts';

const everyEndpoint: Endpoint[] = Object.values(endpoints).flatMap((system) =>
  Object.values<Endpoint>(system),
);

/**
 * Answers requests that match no endpoint: preflights of browsers, methods that a path does not have (405),
 * and paths that do not exist (404). Errors have the wording of the system that the path belongs to.
 */
export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const requestId = requestIdOf(event);
  const origin = header(event, 'origin');
  const methods = methodsOf(everyEndpoint, event.resource);
  if (event.httpMethod === 'OPTIONS' && methods.length > 0) {
    const headers = { Allow: methods.join(', '), ...preflightHeaders(origin, methods) };
    return proxyResult({ status: 204, headers, body: '' }, { 'X-Request-Id': requestId });
  }
  const problem =
    methods.length > 0
      ? new Problem('method_not_allowed', 'Method Not Allowed', { headers: { Allow: methods.join(', ') } })
      : new Problem('route_not_found', 'Not Found');
  const answer = spelled(systemOf(everyEndpoint, event.path).errors, problem, requestId);
  return proxyResult(answer, { 'X-Request-Id': requestId, ...corsHeaders(origin) });
}
