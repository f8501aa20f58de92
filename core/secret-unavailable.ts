import { isThrottled, lostAnswer } from './aws-errors.ts';
import { Problem } from './http/problem.ts';

/**
 * A secret could not be read or written for now: KMS or Secrets Manager throttled the request or did not
 * answer, or the key is disabled or about to be deleted. A retry is safe.
 */
class SecretUnavailable extends Problem {
  override readonly name = 'SecretUnavailable';

  constructor({ cause }: ErrorOptions) {
    super('unavailable', 'The request could not be finished in time', { retryAfter: 5 });
    this.cause = cause;
  }
}

/**
 * Errors of KMS that an operator of the key ends by enabling it, or by cancelling its deletion (KMS API
 * reference, Decrypt, "Errors").
 */
const keyStateErrors = new Set(['DisabledException', 'KMSInvalidStateException']);

/**
 * The answer of a request to KMS or Secrets Manager.
 *
 * @throws SecretUnavailable for an error that may pass; any other as it is.
 */
export async function reached<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const mayPass =
      error instanceof Error && (isThrottled(error) || lostAnswer(error) || keyStateErrors.has(error.name));
    throw mayPass ? new SecretUnavailable({ cause: error }) : error;
  }
}
