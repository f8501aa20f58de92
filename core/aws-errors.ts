/**
 * Errors after which nothing happened, and the same request may succeed a little later (DynamoDB developer
 * guide, error handling; KMS developer guide, "Request quotas").
 */
const throttledErrors = new Set([
  'TransactionConflictException',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'ProvisionedThroughputExceededException',
]);

/** No answer, or one that leaves open what happened. */
const lostErrors = new Set([
  'InternalServerError',
  'InternalFailure',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'TransactionInProgressException',
  'TimeoutError',
  'RequestTimeout',
  'AbortError',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
]);

/** True if AWS did nothing with a request and may do it a little later. */
export const isThrottled = ({ name }: Error): boolean => throttledErrors.has(name);

/**
 * Why a request got no answer, or one of a fault of AWS (5xx), so that it may have taken effect: the name of
 * the error or the code of the connection. `undefined` for any other error.
 */
export function lostAnswer(error: Error): string | undefined {
  const { name, code, $metadata } = error as Error & {
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const isLost =
    lostErrors.has(name) || (code && lostErrors.has(code)) || ($metadata?.httpStatusCode ?? 0) >= 500;
  return isLost ? (code ?? name) : undefined;
}
