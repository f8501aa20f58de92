import { JwtVerifier } from 'aws-jwt-verify';
import { FetchError, JwksValidationError, JwkValidationError } from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod';
import { setting, stageVariable } from '../environment.ts';
import { isName } from '../text.ts';
import { callerOfKey } from './api-key.ts';
import { isKeyText } from './api-key-text.ts';
import { apiKeyUserPrefix, type Caller, isApiKey, type Role, roles } from './caller.ts';
import { Problem } from './problem.ts';
import { headerValues } from './request.ts';

const remedy = 'the stack sets it from its user pool, or from the stage’s setting `auth`';

/** The timeout of a request for the issuer's keys. */
const keysTimeoutMs = 3_000;
/** The pause after such a request failed, in which no other is made. */
const keysPauseMs = 5_000;

/**
 * Fetches key sets with a timeout, and pauses after a failure, so that many calls do not overload an issuer
 * that is down.
 */
function pausingFetcher() {
  let failedAt = Number.NEGATIVE_INFINITY;
  return {
    async fetch(uri: string): Promise<ArrayBuffer> {
      if (Date.now() - failedAt < keysPauseMs) throw new FetchError(uri, 'failed a moment ago');
      try {
        const response = await fetch(uri, { signal: AbortSignal.timeout(keysTimeoutMs), redirect: 'error' });
        if (!response.ok) throw new FetchError(uri, `status ${response.status}`);
        return await response.arrayBuffer();
      } catch (error) {
        failedAt = Date.now();
        throw error instanceof FetchError ? error : new FetchError(uri, 'not reachable');
      }
    },
  };
}

/** A claim that becomes part of keys and messages. */
const Name = z.string().refine(isName);

/**
 * The claims that a token needs, beside a valid signature, issuer and audience. `exp` is optional in RFC
 * 7519, not here.
 */
const Claims = z
  .object({
    sub: Name.refine((sub) => !sub.startsWith(apiKeyUserPrefix)),
    exp: z.number(),
    token_use: z.literal('id').optional(),
    tenant_id: Name,
    role: z.enum(roles),
    organization_id: Name.optional(),
    creator: Name.optional(),
  })
  .transform(
    (claims): Caller => ({
      userId: claims.sub,
      tenantId: claims.tenant_id,
      role: claims.role,
      ...(claims.organization_id ? { organizationId: claims.organization_id } : {}),
      ...(claims.creator ? { creator: claims.creator } : {}),
    }),
  );

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';

/**
 * The claims of a token under their plain names, with numbers as text. Cognito prefixes custom attributes
 * with `custom:`; where it has no attribute for the role, a group names it. An empty claim is absent.
 */
function plainClaims(payload: Record<string, unknown>): Record<string, unknown> {
  const claim = (name: string) => {
    const value = [payload[name], payload[`custom:${name}`]].find((one) => !isEmpty(one));
    return typeof value === 'number' ? String(value) : value;
  };
  const groups = payload['cognito:groups'];
  const group = Array.isArray(groups) ? roles.find((role: Role) => groups.includes(role)) : undefined;
  return {
    ...payload,
    tenant_id: claim('tenant_id'),
    role: claim('role') ?? group,
    organization_id: claim('organization_id'),
    creator: claim('creator'),
  };
}

interface TokenVerifier {
  verify(token: string, expected: { audience: string[] }): Promise<object>;
  hydrate(): Promise<void>;
}

let verifier: TokenVerifier | undefined;

/** The one verifier of this container, so that the issuer's keys are fetched once. */
function tokenVerifier(): TokenVerifier {
  if (verifier) return verifier;
  const issuer = setting('TOKEN_ISSUER', remedy);
  const wellKnown = `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;
  verifier = JwtVerifier.create(
    {
      issuer,
      jwksUri: process.env.JWKS_URI ?? wellKnown,
      customJwtCheck: ({ header }) => {
        // `crit` lists extensions that must be understood; none is (RFC 7515 §4.1.11).
        if ('crit' in header) throw new Error('critical extensions are not supported');
      },
    },
    { jwksCache: new SimpleJwksCache({ fetcher: pausingFetcher() }) },
  );
  return verifier;
}

/**
 * The audiences of which a token must name one. A stage variable has them: the client of the user pool names
 * the API's address, so it is made after the API, and the API after its functions.
 */
const audienceOf = ({ stageVariables }: APIGatewayProxyEvent): string[] =>
  stageVariable(stageVariables, 'tokenAudience', remedy).split(',');

/** Fetches the issuer's keys now, for the readiness check. Rejects if they cannot be fetched. */
export const fetchKeys = (): Promise<void> => tokenVerifier().hydrate();

const unauthenticated = () =>
  new Problem('unauthenticated', 'Not authenticated', { headers: { 'WWW-Authenticate': 'Bearer' } });

/**
 * Verifies the bearer token of a call (RFC 6750 §2.1): a JWT of the issuer, or an API key.
 *
 * @param now milliseconds since the epoch.
 * @returns the caller, or `undefined` without the header `Authorization`.
 * @throws Problem `unauthenticated` unless the header is a single valid bearer token, `unavailable` if the
 * issuer's keys cannot be fetched or API keys not be read, which is not the caller's fault and worth a retry.
 */
export async function identify(event: APIGatewayProxyEvent, now: number): Promise<Caller | undefined> {
  const [header, ...more] = headerValues(event, 'authorization');
  if (header === undefined) return undefined;
  const token = /^bearer +(?<token>\S+)$/i.exec(header)?.groups?.token;
  if (!token || more.length > 0) throw unauthenticated();
  const caller = isKeyText(token)
    ? await callerOfKey(token, now)
    : await callerOfToken(token, audienceOf(event));
  if (!caller) throw unauthenticated();
  return caller;
}

/** The caller that a JWT names; `undefined` for a token that is not valid. */
async function callerOfToken(token: string, audience: string[]): Promise<Caller | undefined> {
  let payload: object;
  try {
    payload = await tokenVerifier().verify(token, { audience });
  } catch (error) {
    if (error instanceof Error && error.name === 'MissingSetting') throw error;
    if ([FetchError, JwksValidationError, JwkValidationError].some((kind) => error instanceof kind)) {
      throw new Problem('unavailable', 'Tokens cannot be checked at the moment', { retryAfter: 5 });
    }
    return undefined;
  }
  const claims = Claims.safeParse(plainClaims(payload as Record<string, unknown>));
  return claims.data;
}

/**
 * Checks that a caller has one of the allowed roles.
 *
 * @throws Problem `unauthenticated` without a caller, `forbidden` for another role.
 */
export function admit(caller: Caller | undefined, allowed: readonly Role[]): Caller {
  if (!caller) throw unauthenticated();
  if (!allowed.includes(caller.role)) throw new Problem('forbidden', 'Not enough permissions');
  return caller;
}

/** @throws Problem `forbidden` for an API key, where only people may call. */
export function refuseApiKey(caller: Caller): void {
  if (isApiKey(caller))
    throw new Problem('forbidden', 'An API key cannot call this: use the token of a person');
}
