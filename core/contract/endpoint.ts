import type * as z from 'zod';
import type { Caller, Role } from '../http/caller.ts';
import type { Spelling } from '../http/problem.ts';
import type { Uses } from './resources.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** At most `calls` in any `seconds`, counted for each user or for each organisation of the path. */
export interface Limit {
  calls: number;
  seconds: number;
  per: 'user' | 'organization';
  /** The name under which several endpoints count together; each by itself unless told. */
  together?: string;
}

/**
 * The contract of one endpoint. Its route, Lambda, IAM policy, environment, checks, OpenAPI operation, call of the typed client and
 * line in the README are all read from this object.
 */
export interface Endpoint {
  method: Method;
  /** The route without a slash at its end; both forms answer. Parameters as `{name}`. */
  path: string;
  /** One line: what a caller gets done. */
  summary: string;
  /** What the summary leaves open, in Markdown. */
  description?: string;
  /** Who may call. `anyone` needs no token, yet an invalid one is refused. */
  roles: readonly Role[] | 'anyone';
  limit?: Limit;
  /** The tables and queues that the handler uses: its IAM policy, exactly. */
  uses?: Uses;
  /** How the API that this endpoint belongs to words its problems. */
  errors: Spelling;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** The body as JSON. */
  body?: z.ZodType;
  /** The body as multipart/form-data, beside JSON or instead of it: its fields are texts, and a file is a `formFile`. */
  form?: z.ZodType;
  /** A content type that is taken beside JSON; its text is then what `body` checks. */
  textBody?: 'text/csv';
  /** The status of success; 200 unless told. */
  status?: number;
  reply: z.ZodType;
  /** The content type of a reply that is text and not JSON. */
  replyType?: string;
  /**
   * The reply is a `Streamed`, written while it is read. `reply` then only describes it: what was sent cannot be taken back.
   */
  streamed?: true;
  /** Megabytes of memory, and with it CPU; 1,024 unless told. */
  memoryMb?: number;
}

/** What a schema makes of its input; `undefined` where the contract has none. */
export type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** On a route for anyone the caller may be unknown. */
export type CallerOf<E extends Endpoint> = E['roles'] extends 'anyone' ? Caller | undefined : Caller;

/** The name of an endpoint across the system: stable, and the same for both slash forms. */
export const endpointId = (endpoint: Endpoint): string => `${endpoint.method} ${endpoint.path}`;

/** Whether a call may change something, and so may be repeated safely only with an idempotency key. */
export const changes = (endpoint: Endpoint): boolean =>
  endpoint.method !== 'GET' && endpoint.roles !== 'anyone';

/**
 * What the house itself needs for a contract beside its own `uses`: counting calls and keeping answers happens in `guards`.
 * An answer that was kept with a batch counts only if that batch committed, which its audit record and HEAD tell.
 */
export function usesOf(endpoint: Endpoint): Uses {
  const guarded = endpoint.limit !== undefined || changes(endpoint);
  return { ...endpoint.uses, ...(guarded ? { guards: 'write' } : {}) };
}
