import type { ProblemCode } from './problem.ts';

/** The `error_code` of each kind of problem, unless an API's description names another. */
export const errorCodes: Record<ProblemCode, string> = {
  malformed_json: 'VALIDATION_ERROR',
  invalid: 'VALIDATION_ERROR',
  unauthenticated: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  not_found: 'NOT_FOUND',
  route_not_found: 'NOT_FOUND',
  method_not_allowed: 'METHOD_NOT_ALLOWED',
  in_flight: 'REQUEST_IN_FLIGHT',
  conflict: 'CONFLICT',
  too_large: 'PAYLOAD_TOO_LARGE',
  unsupported_media_type: 'UNSUPPORTED_MEDIA_TYPE',
  key_reused: 'IDEMPOTENCY_KEY_REUSED',
  rate_limited: 'RATE_LIMIT_EXCEEDED',
  internal: 'INTERNAL_ERROR',
  unavailable: 'SERVICE_UNAVAILABLE',
  storage_full: 'STORAGE_FULL',
};
