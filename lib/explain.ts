import * as z from 'zod';

/** A reason why a command cannot be done that the operator can act on: printed as one line. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

const remedies: Record<string, string> = {
  CredentialsProviderError:
    'There are no credentials of AWS: set AWS_PROFILE, or sign in with `aws sso login`, and try again',
  ExpiredToken: 'The credentials of AWS have expired: sign in again, for example with `aws sso login`',
  ExpiredTokenException:
    'The credentials of AWS have expired: sign in again, for example with `aws sso login`',
  InvalidClientTokenId: 'AWS does not know the credentials: look at AWS_PROFILE and AWS_ACCESS_KEY_ID',
  UnrecognizedClientException: 'AWS does not know the credentials: look at AWS_PROFILE and AWS_ACCESS_KEY_ID',
};

/**
 * An error of AWS, of getting at it, or of a stage's settings, as text for the operator. AWS's own message is
 * kept where it names what is missing, as the action and the resource of a denied call.
 */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Refused) return error.message;
  if (error instanceof z.ZodError) return `The settings are wrong:\n${z.prettifyError(error)}`;
  // An unknown option or a missing value, which Node names by itself.
  if ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) return error.message;
  if (error.message === 'Region is missing')
    return 'The Region is not known: name it with --region, or set AWS_REGION';
  return remedies[error.name] ?? `${error.name}: ${error.message}`;
}
