import type * as z from 'zod';

/** Every kind of answer that is not the one asked for, with its HTTP status (RFC 9110 §15, RFC 6585 §4, RFC 4918 §11.5). */
export const statusOf = {
  malformed_json: 400,
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  in_flight: 409,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  key_reused: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
  storage_full: 507,
} as const;

export type ProblemCode = keyof typeof statusOf;

export interface ProblemOptions {
  /** Headers that belong to the answer, such as `Allow`. */
  headers?: Record<string, string>;
  /** After how many whole seconds a retry makes sense; becomes `Retry-After`. */
  retryAfter?: number;
  /** Facts for the caller, spelled by each API in its own way. Never personal data. */
  details?: Record<string, unknown>;
}

/**
 * What a caller may be told instead of a result. The code is data; the wording of each API is in its `errors.ts`.
 * The message is for callers too: it never holds personal data, a stack, or an SDK's text.
 */
export class Problem extends Error {
  override readonly name: string = 'Problem';
  readonly code: ProblemCode;
  readonly headers: Record<string, string>;
  readonly retryAfter: number | undefined;
  readonly details: Record<string, unknown>;

  constructor(code: ProblemCode, message: string, options: ProblemOptions = {}) {
    super(message);
    this.code = code;
    this.headers = options.headers ?? {};
    this.retryAfter = options.retryAfter;
    this.details = options.details ?? {};
  }
}

/** The first call with this idempotency key is still at work, or another took its place. */
export class InFlight extends Problem {
  override readonly name: string = 'InFlight';

  constructor() {
    super('in_flight', 'A request with this Idempotency-Key is still being processed', { retryAfter: 1 });
  }
}

export type InputPlace = 'path' | 'query' | 'header' | 'body';

/** One thing wrong with the input: where it is, and what its schema said of it. */
export interface InputIssue {
  place: InputPlace;
  issue: z.core.$ZodIssue;
}

/** The input does not have the shape that the contract asks for; every issue is listed, in the order of the input. */
export class InvalidInput extends Problem {
  override readonly name = 'InvalidInput';
  readonly issues: InputIssue[];

  constructor(issues: InputIssue[], code: 'invalid' | 'unsupported_media_type' = 'invalid') {
    super(code, code === 'invalid' ? 'The request is not valid' : 'The body must be application/json');
    this.issues = issues;
  }
}

/** The body is not JSON, or is JSON that is refused before it is read: a forbidden key, nesting without end. */
export class MalformedJson extends Problem {
  override readonly name = 'MalformedJson';
  readonly #text: string;

  constructor(text: string) {
    super('malformed_json', 'The body is not valid JSON');
    this.#text = text;
  }

  /** The body as it was sent, to point at the fault. A method and private, so that no logger prints it by accident. */
  text(): string {
    return this.#text;
  }
}

/** How one API words its problems. The status is only given where it differs from the code's own. */
export type Spelling = (problem: Problem) => { status?: number; body: unknown };
