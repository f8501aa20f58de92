/** Response headers that a page may read, beside those that CORS always exposes. */
const exposedHeaders = [
  'Content-Disposition',
  'Idempotency-Replayed',
  'Location',
  'Retry-After',
  'X-Cache',
  'X-Limit',
  'X-Offset',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Request-Id',
  'X-Total-Count',
];

/** Browsers may reuse the answer to a preflight request for ten minutes. */
const preflightSeconds = 600;

/**
 * Headers that let a page of `origin` read an answer (Fetch standard, CORS protocol). Allowed origins are the
 * stage's `corsOrigins`; none by default. Answers differ by origin, so `Vary` keeps caches from mixing them.
 */
export function corsHeaders(origin: string | undefined): Record<string, string> {
  const allowed = (process.env.CORS_ORIGINS ?? '').split(' ').filter((entry) => entry !== '');
  if (allowed.length === 0) return {};
  if (!origin || !(allowed.includes('*') || allowed.includes(origin))) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': exposedHeaders.join(', '),
  };
}

/**
 * Headers of the answer to a preflight request for a path with these methods; none of CORS if the origin is
 * not allowed.
 */
export function preflightHeaders(origin: string | undefined, methods: string[]): Record<string, string> {
  const cors = corsHeaders(origin);
  if (!cors['Access-Control-Allow-Origin']) return cors;
  return {
    ...cors,
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key, X-Request-Id',
    'Access-Control-Max-Age': String(preflightSeconds),
  };
}
