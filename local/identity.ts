import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { writeWhole } from './services/secrets-manager.ts';
import { providerName } from './template/resource-names.ts';
import type { Stack } from './template/stack.ts';

/** Claims of a token. */
export interface Claims {
  readonly sub: string;
  readonly tenant_id?: string;
  readonly role?: string;
  readonly organization_id?: string;
  readonly creator?: string;
  /** Lifetime of the token in seconds; negative for an expired token. */
  readonly expires_in?: number;
}

/** Stand-in for the Cognito user pool of the stack. */
export interface Identity {
  /** An ID token as the pool would issue it. */
  token(claims: Claims): Promise<string>;
  /** The pool's public keys (JWKS). */
  readonly jwks: { readonly keys: readonly JWK[] };
}

/** Cognito's default lifetime of an ID token: one hour. */
const lifetimeSeconds = 3_600;

/** Claims that Cognito stores as custom attributes (`custom:<name>`). */
const customClaims = ['tenant_id', 'role', 'organization_id', 'creator'] as const;

/** Opens the user pool of the stack. Its RSA key pair is generated once and kept in this folder. */
export async function openIdentity(stack: Stack, dataDir: string): Promise<Identity> {
  const [pool] = stack.resources('AWS::Cognito::UserPool');
  const [client] = stack.resources('AWS::Cognito::UserPoolClient');
  const issuer = pool
    ? String(stack.valueOf(pool.logicalId, 'ProviderURL'))
    : `https://${providerName('local')}`;
  const audience = client ? String(stack.valueOf(client.logicalId)) : 'local';
  const { key, published } = await keyPair(join(dataDir, 'token-key.json'));
  const kid = String(published.kid);
  return {
    jwks: { keys: [published] },
    token({ sub, expires_in = lifetimeSeconds, ...rest }) {
      const now = Math.floor(Date.now() / 1_000);
      const custom = customClaims
        .filter((name) => rest[name] !== undefined)
        .map((name) => [`custom:${name}`, String(rest[name])]);
      return new SignJWT({
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
