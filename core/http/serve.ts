import { Readable } from 'node:stream';
import middy from '@middy/core';
import { executionModeStreamifyResponse } from '@middy/core/StreamifyResponse';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type * as z from 'zod';
import { type Clock, systemClock } from '../clock.ts';
import { type CallerOf, changes, type Endpoint, endpointId, type Parsed } from '../contract/endpoint.ts';
import { withinInvocation } from '../deadline.ts';
import type { AnswerUpdate, TransactionRef } from '../ledger/ledger.ts';
import { describe, log } from '../log.ts';
import { countCall } from '../metrics.ts';
import type { Caller } from './caller.ts';
import { corsHeaders } from './cors.ts';
import {
  type Claim,
  claimKey,
  type KeptAnswer,
  keepAnswer,
  keeping,
  readKey,
  releaseKey,
} from './idempotency.ts';
import { admit, identify } from './identify.ts';
import { checkSize, readInput } from './input.ts';
import { Problem } from './problem.ts';
import { limitCalls, type Standing } from './rate-limit.ts';
import { proxyResult, rendered, spelled } from './render.ts';
import { Streamed, WithHeaders } from './reply.ts';
import { header, headerValues, requestIdOf } from './request.ts';

/**
 * Makes the answer of a reply, and keeps it under the caller's idempotency key, if there is one, together with what makes it true: a
 * batch of the ledger, or, without one, the single transaction that the update is to be part of. Called before anything is written: a
 * reply that cannot be given stops the change.
 */
export type AnswerWith = (
  batch: TransactionRef | undefined,
  reply: unknown,
) => Promise<AnswerUpdate | undefined>;

/** What a handler is given: everything is checked, and time comes from outside. */
interface Context<E extends Endpoint> {
  caller: CallerOf<E>;
  params: Parsed<E['params']>;
  query: Parsed<E['query']>;
  body: BodyOf<E>;
  clock: Clock;
  answer: AnswerWith;
  /** The call as API Gateway sent it, for the few who need more than the above. */
  event: APIGatewayProxyEvent;
}

/** A contract that takes JSON and forms gets what either of their schemas makes. */
type BodyOf<E extends Endpoint> = E['form'] extends z.ZodType
  ? Parsed<E['form']> | (E['body'] extends z.ZodType ? Parsed<E['body']> : never)
  : Parsed<E['body']>;

type Reply<E extends Endpoint> = E['streamed'] extends true
  ? Streamed
  : z.input<E['reply']> | WithHeaders<z.input<E['reply']>>;
export type Work<E extends Endpoint> = (context: Context<E>) => Promise<Reply<E>> | Reply<E>;

/** An answer that is kept nowhere: its body may be a stream. */
type Answer = Omit<KeptAnswer, 'body'> & { body: KeptAnswer['body'] | Readable };
type Result = Omit<APIGatewayProxyResult, 'body'> & Pick<Answer, 'body'>;

/** Milliseconds before Lambda's own timeout at which the caller gets an answer of ours instead of the gateway's. */
const ANSWER_BEFORE_TIMEOUT = 500;

/** The calls under way, so that a timeout's answer has the headers and the id of its call. */
const calls = new WeakMap<APIGatewayProxyEvent, Call>();

export interface ServeOptions {
  /** The machine's own unless told. */
  clock?: Clock;
  /** Where a caller stands with the endpoint's limit, if the work counts and not each call. */
  standing?: Standing;
}

/** One call on its way through the checks. */
interface Call {
  endpoint: Endpoint;
  event: APIGatewayProxyEvent;
  clock: Clock;
  standing: Standing | undefined;
  requestId: string;
  startedAt: number;
  /** Headers that every answer to this call carries, whatever becomes of it. */
  headers: Record<string, string>;
}

/**
 * A contract and its work as a Lambda behind a REST API.
 *
 * The order of the checks is a promise: size, token, role, rate limit, idempotency key, shape, and then the work, which finds out what
 * exists. So a stranger learns nothing but 401. The reply is checked by the contract's schema: one that breaks it is our fault, 500.
 */
export function serve<E extends Endpoint>(endpoint: E, work: Work<E>, options: ServeOptions = {}) {
  return middy<APIGatewayProxyEvent, Result>({
    // Lambda provides streaming as a global, which is asked for only where a contract streams. Middy's types know it as `() => void`.
    ...(endpoint.streamed ? { executionMode: executionModeStreamifyResponse as never } : {}),
    timeoutEarlyInMillis: ANSWER_BEFORE_TIMEOUT,
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

function begin(
  endpoint: Endpoint,
  event: APIGatewayProxyEvent,
  { clock = systemClock, standing }: ServeOptions,
): Call {
  const requestId = requestIdOf(event);
  return {
    endpoint,
    event,
    clock,
    standing,
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
  const { endpoint, event } = call;
  checkSize(event);
  const known = await identify(headerValues(event, 'authorization'));
  if (endpoint.roles === 'anyone') return await answerInput(call, known, undefined, work);
  const caller = admit(known, endpoint.roles);
  const allowance = await limitCalls(endpoint, caller, event, call.clock.now(), call.standing);
  Object.assign(call.headers, allowance?.headers);
  if (allowance?.refusal) throw allowance.refusal;
  const key = changes(endpoint) ? readKey(event, caller) : undefined;
  if (!key) return await answerInput(call, caller, undefined, work);
  const claim = await claimKey(key, call.clock.now());
  if ('status' in claim) {
    return { ...claim, headers: { ...claim.headers, 'Idempotency-Replayed': 'true' } };
  }
  return await answerOnce(call, caller, claim, work);
}

/** The work of a call that holds its idempotency key. Its answer is kept unless another try may well end otherwise. */
async function answerOnce(
  call: Call,
  caller: Caller,
  claim: Claim,
  work: Work<Endpoint>,
): Promise<KeptAnswer> {
  let given: KeptAnswer;
  try {
    given = (await answerInput(call, caller, claim, work)) as KeptAnswer;
  } catch (error) {
    given = spelled(call.endpoint.errors, error, call.requestId);
  }
  if (given.status >= 500 || [401, 403, 409, 422, 429].includes(given.status)) await releaseKey(claim);
  else if (claim.kept !== given.body) await keepAnswer(claim, given, call.clock.now());
  return given;
}

async function answerInput(
  call: Call,
  caller: Caller | undefined,
  claim: Claim | undefined,
  work: Work<Endpoint>,
): Promise<Answer> {
  const { endpoint, event, clock } = call;
  const prepared: { reply?: unknown; answer?: KeptAnswer } = {};
  const answerWith: AnswerWith = async (batch, reply) => {
    const given = answering(endpoint, reply);
    Object.assign(prepared, { reply, answer: given });
    return claim && (await keeping(claim, given, clock.now(), batch));
  };
  const input = await readInput(endpoint, event);
  const reply = await work({ ...input, caller, clock, answer: answerWith, event } as Context<Endpoint>);
  if (prepared.answer && prepared.reply === reply) return prepared.answer;
  if (reply instanceof Streamed)
    return { status: 200, headers: reply.headers, body: Readable.from(loggingFaults(reply.parts, call)) };
  return answering(endpoint, reply);
}

const answering = (endpoint: Endpoint, reply: unknown): KeptAnswer =>
  reply instanceof WithHeaders ? rendered(endpoint, reply.reply, reply.headers) : rendered(endpoint, reply);

/** What goes wrong after the first byte cannot be told to the caller: the stream is cut, and the log tells why. */
async function* loggingFaults(parts: AsyncIterable<string>, { requestId }: Call): AsyncGenerator<string> {
  try {
    yield* parts;
  } catch (error) {
    log('error', 'unexpected', { requestId, ...describe(error) });
    // Lambda logs what it is thrown, whose text may quote data.
    throw new Error('the answer was cut, see the log');
  }
}
