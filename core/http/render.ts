import type { Readable } from 'node:stream';
import type { APIGatewayProxyResult } from 'aws-lambda';
import type { Endpoint } from '../contract/endpoint.ts';
import { describe, log } from '../log.ts';
import type { KeptAnswer } from './idempotency.ts';
import { Problem, type Spelling, statusOf } from './problem.ts';

/** On every answer: nothing of it may be cached or sniffed, since it may be about people. */
const ALWAYS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** Lambda hands at most 6 MB back to API Gateway (Lambda quotas); the rest is for headers and the envelope. */
const ANSWER_BYTES = 6 * 1024 * 1024 - 64 * 1024;

/**
 * Whether a body fits into Lambda's answer, in which it is a JSON string: quotes and backslashes count twice.
 * Only bodies that may come near the limit are measured exactly.
 */
const fits = (body: string): boolean =>
  body.length * 6 <= ANSWER_BYTES || Buffer.byteLength(JSON.stringify(body)) <= ANSWER_BYTES;

/**
 * A reply that passed its contract's schema, as it goes over the wire.
 *
 * @throws Problem `too_large` when Lambda could not hand it over.
 */
export function rendered(
  endpoint: Endpoint,
  reply: unknown,
  headers: Record<string, string> = {},
): KeptAnswer {
  const value = endpoint.reply.parse(reply);
  const body = endpoint.replyType ? String(value) : (JSON.stringify(value) ?? '');
  if (!fits(body)) throw new Problem('too_large', 'The answer would be too large: ask for less at once');
  return {
    status: endpoint.status ?? 200,
    headers: { 'Content-Type': endpoint.replyType ?? 'application/json', ...headers },
    body,
  };
}

/**
 * What the caller is told of an error, in the words of its API. An error that is no problem of the caller's is logged, and
 * told as a bare 500.
 */
export function spelled(spelling: Spelling, error: unknown, requestId: string): KeptAnswer {
  const known = error instanceof Problem ? error : undefined;
  if (!known) log('error', 'unexpected', { requestId, ...describe(error) });
  const problem = known ?? new Problem('internal', 'Internal server error');
  const { status = statusOf[problem.code], body } = spelling(problem);
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      ...problem.headers,
      ...(problem.retryAfter === undefined ? {} : { 'Retry-After': String(problem.retryAfter) }),
    },
    body: JSON.stringify(body),
  };
}

/** An answer in the form that API Gateway's proxy integration expects. */
export function proxyResult<B extends KeptAnswer['body'] | Readable>(
  answer: Omit<KeptAnswer, 'body'> & { body: B },
  headers: Record<string, string>,
): Omit<APIGatewayProxyResult, 'body'> & { body: B } {
  return {
    statusCode: answer.status,
    headers: { ...ALWAYS, ...headers, ...answer.headers },
    body: answer.body,
  };
}
