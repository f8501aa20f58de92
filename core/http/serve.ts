import { Readable } from 'node:stream';
import middy from '@middy/core';
import { executionModeStreamifyResponse } from '@middy/core/StreamifyResponse';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type * as z from 'zod';
import { type Clock, systemClock } from '../clock.ts';
import { type CallerOf, changes, type Endpoint, endpointId, type Parsed } from '../contract/endpoint.ts';
import { currentDeadlineMs, within, withinInvocation } from '../deadline.ts';
import { invariant } from '../invariant.ts';
import type { AnswerUpdate, TransactionRef } from '../ledger/ledger.ts';
import { describe, log } from '../log.ts';
import { countCall } from '../metrics.ts';
import type { Caller } from './caller.ts';
import { corsHeaders } from './cors.ts';
import {
  answerUpdateOf,
  type Claim,
  claimKey,
  dropClaim,
  type KeptAnswer,
  keepAnswer,
  type OutcomeOf,
  readKey,
} from './idempotency.ts';
import { admit, identify, refuseApiKey } from './identify.ts';
import { checkSize, type FormReader, readInput } from './input.ts';
import { Problem } from './problem.ts';
import { limitCalls, type QuotaStatus } from './rate-limit.ts';
import { proxyResult, rendered, spelled } from './render.ts';
import { Streamed, WithHeaders } from './reply.ts';
import { header, requestIdOf } from './request.ts';
import { reachable } from './stage-url.ts';

/**
 * Renders a reply and, if the call has an idempotency key, returns the update that keeps the answer under it.
 * The handler writes that update together with the change that makes the answer true: with the transaction of
 * the ledger given here, or, without one, as an action of its own DynamoDB transaction.
 *
 * To be called before anything is written, so that a reply that breaks its schema stops the change.
 *
 * @throws BrokenInvariant for a transaction of the ledger in a handler that was served without `outcomeOf`.
 */
export type AnswerWith = (
  transaction: TransactionRef | undefined,
  reply: unknown,
) => Promise<AnswerUpdate | undefined>;

/** The checked input of a handler, and the clock, which tests replace. */
interface Context<E extends Endpoint> {
  caller: CallerOf<E>;
  params: Parsed<E['params']>;
  query: Parsed<E['query']>;
  body: BodyOf<E>;
  clock: Clock;
  answer: AnswerWith;
  /**
   * A path of this API as the caller reaches it, for a body that names one. Of the header `Location` the
   * kernel does it.
   */
  link(path: string): string;
  /** The call as API Gateway sent it, for the few handlers that need more than the above. */
  event: APIGatewayProxyEvent;
}

/** The parsed body; of a contract that takes JSON and forms, the output of either schema. */
type BodyOf<E extends Endpoint> = E['form'] extends z.ZodType
  ? Parsed<E['form']> | (E['body'] extends z.ZodType ? Parsed<E['body']> : never)
  : Parsed<E['body']>;

type Reply<E extends Endpoint> = E['streamed'] extends true
  ? Streamed
  : z.input<E['reply']> | WithHeaders<z.input<E['reply']>>;
export type Work<E extends Endpoint> = (context: Context<E>) => Promise<Reply<E>> | Reply<E>;

/** An answer on its way out: unlike one that is kept, its body may be a stream. */
type Answer = Omit<KeptAnswer, 'body'> & { body: KeptAnswer['body'] | Readable };
type Result = Omit<APIGatewayProxyResult, 'body'> & Pick<Answer, 'body'>;

/** Milliseconds before Lambda's own timeout at which the caller gets our 503 instead of the gateway's 504. */
const answerBeforeTimeoutMs = 500;

/** The calls being handled, so that the answer at a timeout has the headers and the id of its call. */
const calls = new WeakMap<APIGatewayProxyEvent, Call>();

interface ServeOptions {
  /** The system clock by default. */
  clock?: Clock;
  /** Quota status of a caller, for an endpoint whose handler counts and rejects by itself. */
  quotaStatus?: QuotaStatus;
  /**
   * Reads forms. Required exactly where the contract has a `form`, so that no other bundle has a form parser.
   */
  readForm?: FormReader;
  /**
   * Outcome of a ledger transaction. Required where the handler keeps its answer with one: a repeated call
   * then looks up whether that transaction committed. Handed in, so that no other bundle has the ledger.
   */
  outcomeOf?: OutcomeOf;
}

type OptionsOf<E extends Endpoint> = E['form'] extends z.ZodType
  ? [options: ServeOptions & { readForm: FormReader }]
  : [options?: ServeOptions];

/** One call on its way through the checks. */
interface Call {
  endpoint: Endpoint;
  event: APIGatewayProxyEvent;
  options: ServeOptions;
  clock: Clock;
  requestId: string;
  /** Milliseconds of the monotonic clock. */
  startedAt: number;
  /** Headers of every answer to this call, whatever its status. */
  headers: Record<string, string>;
}

/**
 * Makes the Lambda handler of an endpoint behind a REST API.
 *
 * The order of the checks is a promise: size, token, role, rate limit, idempotency key, shape, and then the
 * work, which finds out what exists. So a caller without a valid token learns nothing but 401. The reply is
 * checked by the contract's schema; one that breaks it is our fault, 500.
 *
 * @param options required for a contract with a `form`, whose reader they bring.
 */
export function serve<E extends Endpoint>(endpoint: E, work: Work<E>, ...[options = {}]: OptionsOf<E>) {
  return middy<APIGatewayProxyEvent, Result>({
    // Streaming is a global of Lambda's runtime, so it is asked for only where a contract streams.
    ...(endpoint.streamed ? { executionMode: executionModeStreamifyResponse } : {}),
    timeoutEarlyInMillis: answerBeforeTimeoutMs,
    timeoutEarlyResponse: () => {
      throw new Problem('unavailable', 'The request took too long', { retryAfter: 1 });
    },
  })
    .handler(async (event, context) => {
      const call = begin(endpoint, event, options);
      calls.set(event, call);
      try {
        return finish(call, await withinInvocation(context, () => answer(call, work as Work<Endpoint>)));
      } catch (error) {
        return finish(call, spelled(endpoint.errors, error, call.requestId));
      }
    })
    .onError((request) => {
      const call = calls.get(request.event) ?? begin(endpoint, request.event, options);
      request.response = finish(call, spelled(endpoint.errors, request.error, call.requestId));
    });
}

function begin(endpoint: Endpoint, event: APIGatewayProxyEvent, options: ServeOptions): Call {
  const requestId = requestIdOf(event);
  return {
    endpoint,
    event,
    options,
    clock: options.clock ?? systemClock,
    requestId,
    startedAt: performance.now(),
    headers: { 'X-Request-Id': requestId, ...corsHeaders(header(event, 'origin')) },
  };
}

function finish(call: Call, { status, headers, body }: Answer): Result {
  countCall(endpointId(call.endpoint), status, performance.now() - call.startedAt, call.requestId);
  return proxyResult({ status, headers, body }, call.headers);
}

async function answer(call: Call, work: Work<Endpoint>): Promise<Answer> {
  const { endpoint, event, clock, options } = call;
  checkSize(event);
  const known = await identify(event, clock.now());
  if (endpoint.roles === 'anyone') return await answerInput(call, known, undefined, work);
  const caller = admit(known, endpoint.roles);
  if (endpoint.usersOnly) refuseApiKey(caller);
  const quota = await limitCalls(endpoint, caller, event, clock.now(), options.quotaStatus);
  Object.assign(call.headers, quota?.headers);
  if (quota?.refusal) throw quota.refusal;
  const key = changes(endpoint) ? readKey(event, caller) : undefined;
  if (!key) return await answerInput(call, caller, undefined, work);
  const claim = await claimKey(key, clock.now(), options.outcomeOf);
  if ('status' in claim) {
    return { ...claim, headers: { ...claim.headers, 'Idempotency-Replayed': 'true' } };
  }
  return await answerOnce(call, caller, claim, work);
}

/**
 * Answers a call that holds its idempotency key, and keeps the answer of what was done or does not exist.
 * After a refusal the corrected call may use the key.
 */
async function answerOnce(
  call: Call,
  caller: Caller,
  claim: Claim,
  work: Work<Endpoint>,
): Promise<KeptAnswer> {
  let given: KeptAnswer;
  try {
    given = withText(await answerInput(call, caller, claim, work));
  } catch (error) {
    given = spelled(call.endpoint.errors, error, call.requestId);
  }
  const isKept = (given.status >= 200 && given.status < 300) || given.status === 404;
  if (!isKept) await dropClaim(claim);
  else if (claim.kept !== given.body) await keepAnswer(claim, given, call.clock.now());
  return given;
}

function withText({ status, headers, body }: Answer): KeptAnswer {
  invariant(typeof body === 'string', 'an endpoint that changes something is not streamed');
  return { status, headers, body };
}

async function answerInput(
  call: Call,
  caller: Caller | undefined,
  claim: Claim | undefined,
  work: Work<Endpoint>,
): Promise<Answer> {
  const { endpoint, event, clock, options } = call;
  const prepared: { reply?: unknown; answer?: KeptAnswer } = {};
  const answerWith: AnswerWith = async (transaction, reply) => {
    invariant(
      !transaction || options.outcomeOf,
      'an answer kept with a ledger transaction needs `outcomeOf` in `serve`',
    );
    const given = answering(call, reply);
    Object.assign(prepared, { reply, answer: given });
    return claim && (await answerUpdateOf(claim, given, clock.now(), transaction));
  };
  const input = await readInput(endpoint, event, options.readForm);
  const link = (path: string) => reachable(event, path);
  const reply = await work({ ...input, caller, clock, answer: answerWith, link, event } as Context<Endpoint>);
  if (prepared.answer && prepared.reply === reply) return prepared.answer;
  if (reply instanceof Streamed && event.httpMethod === 'HEAD')
    return { status: 200, headers: reply.headers, body: '' };
  if (reply instanceof Streamed)
    return { status: 200, headers: reply.headers, body: Readable.from(streamedParts(reply.parts, call)) };
  return answering(call, reply);
}

function answering({ endpoint, event }: Call, reply: unknown): KeptAnswer {
  if (!(reply instanceof WithHeaders)) return rendered(endpoint, reply);
  const { Location: path, ...headers } = reply.headers;
  return rendered(endpoint, reply.reply, {
    ...headers,
    ...(path === undefined ? {} : { Location: reachable(event, path) }),
  });
}

/**
 * The parts of a streamed answer. They are read within the deadline of the invocation, although the stream is
 * pulled after the handler has returned. After the first byte no error can be answered: it is logged and cuts
 * the stream.
 */
async function* streamedParts(parts: AsyncIterable<string>, { requestId }: Call): AsyncGenerator<string> {
  const deadlineMs = currentDeadlineMs();
  const iterator = parts[Symbol.asyncIterator]();
  try {
    // Ends with the parts.
    for (;;) {
      const part = await within(deadlineMs, () => iterator.next());
      if (part.done) return;
      yield part.value;
    }
  } catch (error) {
    log('error', 'unexpected', { requestId, ...describe(error) });
    // Lambda logs the error that it gets, whose text may quote data.
    throw new Error('the answer was cut, see the log');
  }
}
