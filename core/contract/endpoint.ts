import type * as z from 'zod';
import type { Caller, Role } from '../http/caller.ts';
import type { Spelling } from '../http/problem.ts';
import type { Uses } from './resources.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * At most `calls` calls in any window of `seconds`, counted for each user or for each organisation of the
 * path.
 */
export interface Limit {
  calls: number;
  seconds: number;
  per: 'user' | 'organization';
  /** The name under which several endpoints share one count; by default each counts alone. */
  together?: string;
}

/**
 * The contract of one endpoint. Its route, Lambda, IAM policy, environment, checks, OpenAPI operation, typed
 * client call and row in docs/api.md are all derived from this object.
 */
export interface Endpoint {
  method: Method;
  /** The route without a trailing slash; both forms are served. Parameters as `{name}`. */
  path: string;
  /** One line that starts with a verb: what the call does. */
  summary: string;
  /** Further details, in Markdown. */
  description?: string;
  /** The roles that may call. `anyone` needs no token, but an invalid one is rejected. */
  roles: readonly Role[] | 'anyone';
  /** API keys are refused, whatever their role: only people with a token may call. */
  usersOnly?: true;
  limit?: Limit;
  /** The resources that the handler uses, and how. They become exactly its IAM policy. */
  uses?: Uses;
  /** The problem format of the API that this endpoint belongs to. */
  errors: Spelling;
  params?: z.ZodObject;
  /** The schema of the query. Other parameters, and repeated ones, are refused; without a schema all are. */
  query?: z.ZodObject;
  /** Any query and body are ignored: for pages and probes, whose calls others decorate. */
  ignoresQuery?: true;
  /** The schema of a JSON body. */
  body?: z.ZodType;
  /**
   * The schema of a multipart/form-data body, beside or instead of JSON: fields are texts, a file is a
   * `formFile`.
   */
  form?: z.ZodType;
  /** A CSV is accepted beside JSON, under any of `csvTypes`; `body` then parses its text. */
  textBody?: 'text/csv';
  /** The status of a success; 200 by default. */
  status?: number;
  reply: z.ZodType;
  /** The content type of a reply that is text instead of JSON. */
  replyType?: string;
  /**
   * The reply is a `Streamed`. `reply` then only describes it: a text that is on its way cannot be checked.
   */
  streamed?: true;
  /** Memory in megabytes, and CPU in proportion; 1,024 by default. */
  memoryMb?: number;
}

/** The output of a schema; `undefined` where the contract has none. */
export type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** The caller, who may be unknown to an endpoint for `anyone`. */
export type CallerOf<E extends Endpoint> = E['roles'] extends 'anyone' ? Caller | undefined : Caller;

/** The stable name of an endpoint, `METHOD /path`; the same for both slash forms. */
export const endpointId = (endpoint: Endpoint): string => `${endpoint.method} ${endpoint.path}`;

/** True if a call may change something, so that only an idempotency key makes it safe to repeat. */
export const changes = (endpoint: Endpoint): boolean =>
  endpoint.method !== 'GET' && endpoint.roles !== 'anyone';

/**
 * The methods under which an endpoint is called. HEAD is the GET of which the gateway sends no body: the
 * function answers as to a GET, so that all headers are true, also the length (RFC 9110 §9.3.2).
 */
export const methodsServed = (method: Method): readonly string[] =>
  method === 'GET' ? ['GET', 'HEAD'] : [method];

/**
 * The resources of a contract, including the table in which the HTTP kernel counts calls and keeps answers.
 */
export function ownUsesOf(endpoint: Endpoint): Uses {
  const guarded = endpoint.limit !== undefined || changes(endpoint);
  return { ...endpoint.uses, ...(guarded ? { guards: 'write' } : {}) };
}

/**
 * All resources of an endpoint: its own, and the tables by which every endpoint, also one for `anyone`, knows
 * an API key and notes its use.
 */
export const usesOf = (endpoint: Endpoint): Uses => ({
  apiKeys: 'get',
  ...ownUsesOf(endpoint),
  apiKeyUses: 'put',
});
