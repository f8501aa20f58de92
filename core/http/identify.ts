import { JwtVerifier } from 'aws-jwt-verify';
import { FetchError, JwksValidationError, JwkValidationError } from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import * as z from 'zod';
import { setting } from '../environment.ts';
import { isStorable } from '../text.ts';
import { type Caller, type Role, roles } from './caller.ts';
import { Problem } from './problem.ts';

const REMEDY = 'the stack sets it from the stage’s `auth` settings';

/** How long the keys' address may take, and how long it is left alone after it failed, in milliseconds. */
const KEYS_TIMEOUT = 3_000;
const KEYS_PAUSE = 5_000;

/**
 * Fetches key sets with a timeout, and not again for a while after a failure, so that a flood of calls while the issuer is down
 * makes no flood of requests to it.
 */
function patientFetcher() {
  let failedAt = Number.NEGATIVE_INFINITY;
  return {
    async fetch(uri: string): Promise<ArrayBuffer> {
      if (Date.now() - failedAt < KEYS_PAUSE) throw new FetchError(uri, 'failed a moment ago');
      try {
        const response = await fetch(uri, { signal: AbortSignal.timeout(KEYS_TIMEOUT), redirect: 'error' });
        if (!response.ok) throw new FetchError(uri, `status ${response.status}`);
        return await response.arrayBuffer();
      } catch (error) {
        failedAt = Date.now();
        throw error instanceof FetchError ? error : new FetchError(uri, 'not reachable');
      }
    },
  };
}

/** A claim that becomes part of keys and messages, and so must be storable. */
const Name = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => isStorable(text, false));

/** What a token must say beyond its signature, issuer, audience and times: RFC 7519 leaves `exp` optional, we do not. */
const Claims = z
  .object({
    sub: Name,
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

/** Cognito writes own attributes as `custom:name` and numbers as text, and tells the role by a group where no attribute does. */
function plainClaims(payload: Record<string, unknown>): Record<string, unknown> {
  const claim = (name: string) => {
    const value = payload[name] ?? payload[`custom:${name}`];
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
  verify(token: string): Promise<object>;
  hydrate(): Promise<void>;
}

let verifier: TokenVerifier | undefined;

/** One verifier per container, so that the issuer's keys are fetched once. */
function tokenVerifier(): TokenVerifier {
  if (verifier) return verifier;
  const issuer = setting('TOKEN_ISSUER', REMEDY);
  const wellKnown = `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;
  verifier = JwtVerifier.create(
    {
      issuer,
      audience: setting('TOKEN_AUDIENCE', REMEDY).split(' '),
      jwksUri: process.env.JWKS_URI ?? wellKnown,
      customJwtCheck: ({ header }) => {
        // A token that names extensions which must be understood is refused, since none is (RFC 7515 §4.1.11).
        if ('crit' in header) throw new Error('critical extensions are not supported');
      },
    },
    { jwksCache: new SimpleJwksCache({ fetcher: patientFetcher() }) },
  );
  return verifier;
}

/** Fetches the issuer's keys now, to find out whether they can be had. */
export const fetchKeys = (): Promise<void> => tokenVerifier().hydrate();

const unauthenticated = () =>
  new Problem('unauthenticated', 'Not authenticated', { headers: { 'WWW-Authenticate': 'Bearer' } });

/**
 * Who calls, from the values of the `Authorization` header (RFC 6750 §2.1).
 *
 * @returns `undefined` when there is no such header at all.
 * @throws Problem `unauthenticated` when there is one that is not a single valid bearer token, `unavailable` when the issuer's keys
 * cannot be fetched: that is not the caller's fault and worth a retry.
 */
export async function identify(authorization: string[]): Promise<Caller | undefined> {
  const [header, ...more] = authorization;
  if (header === undefined) return undefined;
  const token = /^bearer +(?<token>\S+)$/i.exec(header)?.groups?.token;
  if (!token || more.length > 0) throw unauthenticated();
  let payload: object;
  try {
    payload = await tokenVerifier().verify(token);
  } catch (error) {
    if (error instanceof Error && error.name === 'MissingSetting') throw error;
    if ([FetchError, JwksValidationError, JwkValidationError].some((kind) => error instanceof kind)) {
      throw new Problem('unavailable', 'Tokens cannot be checked at the moment', { retryAfter: 5 });
    }
    throw unauthenticated();
  }
  const claims = Claims.safeParse(plainClaims(payload as Record<string, unknown>));
  if (!claims.success) throw unauthenticated();
  return claims.data;
}

/** @throws Problem `unauthenticated` when nobody is known, `forbidden` when the caller's role is not among those allowed. */
export function admit(caller: Caller | undefined, allowed: readonly Role[]): Caller {
  if (!caller) throw unauthenticated();
  if (!allowed.includes(caller.role)) throw new Problem('forbidden', 'Not enough permissions');
  return caller;
}
