import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { CannotStart } from './cannot-start.ts';
import { providerName } from './template/resource-names.ts';
import type { Stack } from './template/stack.ts';
import { writeWhole } from './whole-file.ts';

/** Claims of a token. */
export interface Claims {
  readonly sub: string;
  readonly tenant_id?: string;
  readonly role?: string;
  readonly organization_id?: string;
  readonly creator?: string;
  /** Lifetime of the token in seconds, at most that of the pool's client; negative for an expired token. */
  readonly expires_in?: number;
}

/** Stand-in for the Cognito user pool of the stack. */
export interface Identity {
  /** An ID token as the pool would issue it. */
  token(claims: Claims): Promise<string>;
  /** The pool's public keys (JWKS). */
  readonly jwks: { readonly keys: readonly JWK[] };
}

/** The properties of a user pool's client that decide what is in its ID tokens. */
interface ClientProperties {
  readonly AllowedOAuthFlows?: readonly string[];
  readonly AllowedOAuthScopes?: readonly string[];
  readonly ExplicitAuthFlows?: readonly string[];
  readonly ReadAttributes?: readonly string[];
  readonly IdTokenValidity?: number;
  readonly TokenValidityUnits?: { readonly IdToken?: keyof typeof secondsOf };
}

/** Seconds of the units that Cognito counts lifetimes in. */
const secondsOf = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/** Claims that Cognito stores as custom attributes (`custom:<name>`). */
const customClaims = ['tenant_id', 'role', 'organization_id', 'creator'] as const;

/** What a client of a user pool puts into its ID tokens. */
interface TokenRules {
  readonly lifetimeSeconds: number;
  /** True for a custom attribute that a token has. */
  carries(attribute: string): boolean;
}

/**
 * The rules of a client, as Cognito has them: an ID token holds attributes that the client may read, custom
 * ones only if it lists them (CreateUserPoolClient, ReadAttributes). Of a sign-in page it is given for the
 * scope `openid`, and holds custom attributes for `openid` alone or with `profile` (developer guide, userInfo
 * endpoint). The lifetime is an hour by default.
 *
 * @throws CannotStart for a client with which no user can get an ID token.
 */
export function tokenRules(client: ClientProperties): TokenRules {
  const { AllowedOAuthFlows: flows = [], AllowedOAuthScopes: scopes = [], ReadAttributes = [] } = client;
  const byPage = flows.some((flow) => flow !== 'client_credentials') && scopes.includes('openid');
  const byPassword = (client.ExplicitAuthFlows ?? ['ALLOW_USER_SRP_AUTH']).some((flow) =>
    /^ALLOW_(USER|ADMIN_USER)_/.test(flow),
  );
  if (!byPage && !byPassword)
    throw new CannotStart(
      'No user can sign in: the client of the user pool has no flow that gives an ID token (the scope openid with the flow code)',
    );
  const scopesShowCustom = scopes.includes('profile') || scopes.every((scope) => scope === 'openid');
  return {
    lifetimeSeconds: (client.IdTokenValidity ?? 1) * secondsOf[client.TokenValidityUnits?.IdToken ?? 'hours'],
    carries: (attribute) => ReadAttributes.includes(attribute) && (byPassword || scopesShowCustom),
  };
}

/** The rules of a run whose stack has no user pool. */
const rulesWithoutPool: TokenRules = { lifetimeSeconds: 3_600, carries: () => true };

/** Opens the user pool of the stack. Its RSA key pair is generated once and kept in this folder. */
export async function openIdentity(stack: Stack, dataDir: string): Promise<Identity> {
  const [pool] = stack.resources('AWS::Cognito::UserPool');
  const [client] = stack.resources<ClientProperties>('AWS::Cognito::UserPoolClient');
  const { lifetimeSeconds, carries } = client ? tokenRules(client.properties) : rulesWithoutPool;
  const issuer = pool
    ? String(stack.valueOf(pool.logicalId, 'ProviderURL'))
    : `https://${providerName('local')}`;
  const audience = client ? String(stack.valueOf(client.logicalId)) : 'local';
  const { key, published } = await keyPair(join(dataDir, 'token-key.json'));
  const kid = String(published.kid);
  return {
    jwks: { keys: [published] },
    async token({ sub, expires_in = lifetimeSeconds, ...rest }) {
      if (expires_in > lifetimeSeconds)
        throw new Error(
          `A token is valid for ${lifetimeSeconds} seconds at most, as the user pool gives them`,
        );
      const now = Math.floor(Date.now() / 1_000);
      const custom = customClaims
        .filter((name) => rest[name] !== undefined && carries(`custom:${name}`))
        .map((name) => [`custom:${name}`, String(rest[name])]);
      return await new SignJWT({
        token_use: 'id',
        auth_time: now,
        'cognito:username': sub,
        ...Object.fromEntries(custom),
      })
        .setProtectedHeader({ alg: 'RS256', kid })
        .setSubject(sub)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + expires_in)
        .sign(key);
    },
  };
}

async function keyPair(file: string): Promise<{ key: CryptoKey; published: JWK }> {
  if (!existsSync(file)) {
    const drawn = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(drawn.privateKey);
    writeWhole(file, JSON.stringify({ ...jwk, kid: crypto.randomUUID(), alg: 'RS256', use: 'sig' }));
  }
  const stored = JSON.parse(readFileSync(file, 'utf8')) as JWK;
  const { kty, n, e, kid, alg, use } = stored;
  const key = (await importJWK(stored, 'RS256')) as CryptoKey;
  return { key, published: { kty, n, e, kid, alg, use } as JWK };
}
