import type * as z from 'zod';

/** The HTTP status of each kind of problem (RFC 9110 §15, RFC 6585 §4, RFC 4918 §11.5). */
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
  /** Additional headers of the answer, such as `Allow`. */
  headers?: Record<string, string>;
  /** Whole seconds until a retry makes sense; sent as `Retry-After`. */
  retryAfter?: number;
  /** Machine-readable facts, which each API formats in its own way. Never personal data. */
  details?: Record<string, unknown>;
}

/**
 * An error that is answered to the caller. The code is independent of the API; each API formats it in its
 * `errors.ts`. The message is sent to callers too, so it never has personal data, a stack trace, or the text
 * of an SDK's error.
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

/** The first call with this idempotency key is still in progress, or another call took it over. */
export class InFlight extends Problem {
  override readonly name: string = 'InFlight';

  constructor() {
    super('in_flight', 'A request with this Idempotency-Key is still being processed', { retryAfter: 1 });
  }
}

export type InputPlace = 'path' | 'query' | 'header' | 'body';

/** One fault of the input: the part of the request, and the issue that its schema reported. */
export interface InputIssue {
  place: InputPlace;
  issue: z.core.$ZodIssue;
  /** Number of the row in the file that the body is; its header counts, too. */
  row?: number | undefined;
}

/** What is wrong with a part of the body, or, without a path, with the whole of it. */
export const bodyFlaw = (path: (string | number)[], message: string, input?: unknown): InputIssue => ({
  place: 'body',
  issue: { code: 'custom', path, message, input },
});

/**
 * The input violates the contract's schemas; all issues are listed, in the order of the input. With the
 * message `unsupported` the reason is the body's media type.
 */
export class InvalidInput extends Problem {
  override readonly name = 'InvalidInput';
  readonly issues: InputIssue[];

  constructor(issues: InputIssue[], unsupported?: string) {
    super(unsupported ? 'unsupported_media_type' : 'invalid', unsupported ?? 'The request is not valid');
    this.issues = issues;
  }
}

/** The body is not JSON, or is JSON that is nested too deeply to be parsed. */
export class MalformedJson extends Problem {
  override readonly name = 'MalformedJson';
  readonly #text: string;

  constructor(text: string) {
    super('malformed_json', 'The body is not valid JSON');
    this.#text = text;
  }

  /**
   * The raw body, to locate the fault. A method over a private field, so that no logger prints it by
   * accident.
   */
  text(): string {
    return this.#text;
  }
}

/** The problem format of an API. `status` is set only where it differs from that of the problem's code. */
export type Spelling = (problem: Problem) => { status?: number; body: unknown };
