import type { Readable } from 'node:stream';
import type { APIGatewayProxyResult } from 'aws-lambda';
import type { Endpoint } from '../contract/endpoint.ts';
import { AnswerLost, Busy } from '../dynamo/errors.ts';
import { describe, log } from '../log.ts';
import type { KeptAnswer } from './idempotency.ts';
import { Problem, type Spelling, statusOf } from './problem.ts';

/** Headers of every answer. It may hold personal data, so it is neither cached nor sniffed. */
const commonHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/**
 * The largest answer: Lambda's 6 MB for a response (Lambda quotas), less 64 KiB for headers and the envelope.
 */
const answerBytesMax = 6 * 1024 * 1024 - 64 * 1024;

/**
 * True if a body fits into Lambda's response, in which it is a JSON string: quotes and backslashes take two
 * bytes, a control character up to six. Only bodies that may come near the limit are measured exactly.
 */
const fits = (body: string): boolean =>
  body.length * 6 <= answerBytesMax || Buffer.byteLength(JSON.stringify(body)) <= answerBytesMax;

/**
 * Renders a reply as status, headers and body.
 *
 * @throws ZodError for a reply that breaks the contract's schema, Problem `too_large` for one that Lambda
 * cannot return.
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
 * Renders an error in the format of its API. An error that is no Problem is logged, and answered as a bare
 * 500.
 */
export function spelled(spelling: Spelling, error: unknown, requestId: string): KeptAnswer {
  const problem = error instanceof Problem ? error : new Problem('internal', 'Internal server error');
  const { status = statusOf[problem.code], body } = spelling(problem);
  // Every 5xx has its reason in the log: the caller gets none.
  if (status >= 500)
    log('error', error === problem ? problem.code : 'unexpected', {
      requestId,
      ...describe(error),
      ...causeOf(error),
    });
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

/**
 * The fault behind an error: its name, and of DynamoDB's faults the code, such as `ThrottlingException`. Any
 * other text may quote data.
 */
function causeOf(error: unknown): { cause?: string } {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Busy || cause instanceof AnswerLost)
    return { cause: `${cause.name} ${cause.message}` };
  return cause instanceof Error ? { cause: cause.name } : {};
}

/** An answer in the format of API Gateway's Lambda proxy integration. */
export function proxyResult<B extends KeptAnswer['body'] | Readable>(
  answer: Omit<KeptAnswer, 'body'> & { body: B },
  headers: Record<string, string>,
): Omit<APIGatewayProxyResult, 'body'> & { body: B } {
  return {
    statusCode: answer.status,
    headers: { ...commonHeaders, ...headers, ...answer.headers },
    body: answer.body,
  };
}
