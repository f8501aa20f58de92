import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { beforeAll, describe, expect, test } from 'vitest';
import { tokenRules } from '../../local/identity.ts';
import type { Running } from '../../local/start.ts';
import { alteredAssembly, post, scratch, startFixture } from './fixture/run.ts';

let running: Running;
beforeAll(async () => {
  running = await startFixture();
});

/** A verifier as a Lambda has it, with the keys of the local run. */
async function verifier({ stack, url }: Running) {
  const [pool] = stack.resources('AWS::Cognito::UserPool');
  const [client] = stack.resources('AWS::Cognito::UserPoolClient');
  const made = CognitoJwtVerifier.create({
    userPoolId: String(stack.valueOf(pool?.logicalId ?? '')),
    clientId: String(stack.valueOf(client?.logicalId ?? '')),
    tokenUse: 'id',
  });
  made.cacheJwks(
    (await (await fetch(`${url}/_local/jwks.json`)).json()) as Parameters<typeof made.cacheJwks>[0],
  );
  return made;
}

test('a token is what the user pool would issue, and its keys are published', async () => {
  const claims = { sub: 'u1', tenant_id: 't1', role: 'admin', organization_id: '7' };
  const { status, body } = await post(`${running.url}/_local/token`, claims);
  expect(status).toBe(200);
  const payload = await (await verifier(running)).verify((body as { token: string }).token);
  expect(payload).toMatchObject({
    sub: 'u1',
    'custom:tenant_id': 't1',
    'custom:role': 'admin',
    'custom:organization_id': '7',
    token_use: 'id',
  });
  expect(payload).not.toHaveProperty('custom:creator');
  expect(payload.exp - payload.iat).toBe(3_600);
});

test('a token may be made to have expired', async () => {
  const token = await running.token({ sub: 'u1', expires_in: -10 });
  await expect((await verifier(running)).verify(token)).rejects.toThrow('Token expired');
});

test('a token is never valid for longer than the user pool gives', async () => {
  const { status, body } = await post(`${running.url}/_local/token`, { sub: 'u1', expires_in: 3_601 });
  expect({ status, body }).toEqual({
    status: 400,
    body: { message: 'A token is valid for 3600 seconds at most, as the user pool gives them' },
  });
});

test('a token of a client that lists no attributes to read has none of the tenant', async () => {
  const assembly = await alteredAssembly(({ Resources }) => {
    for (const { Type, Properties } of Object.values(Resources))
      if (Type === 'AWS::Cognito::UserPoolClient') Reflect.deleteProperty(Properties, 'ReadAttributes');
  });
  const other = await startFixture({ assembly });
  const token = await other.token({ sub: 'u1', tenant_id: 't1', role: 'admin' });
  const payload = await (await verifier(other)).verify(token);
  expect(Object.keys(payload).filter((name) => name.startsWith('custom:'))).toEqual([]);
});

describe('what is in a token is what the client of the user pool says', () => {
  const code = {
    AllowedOAuthFlows: ['code'],
    AllowedOAuthScopes: ['openid', 'email', 'profile'],
    ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
    ReadAttributes: ['email', 'custom:tenant_id'],
  };
  test.each([
    ['the attribute is not among those to read', { ...code, ReadAttributes: ['email'] }, false],
    ['the scopes are openid and email', { ...code, AllowedOAuthScopes: ['openid', 'email'] }, false],
    ['the only scope is openid', { ...code, AllowedOAuthScopes: ['openid'] }, true],
    ['profile is among the scopes', code, true],
  ])('custom attributes, if %s', (_, client, carries) => {
    expect(tokenRules(client).carries('custom:tenant_id')).toBe(carries);
  });

  test('its lifetime', () => {
    expect(tokenRules(code).lifetimeSeconds).toBe(3_600);
    const minutes = { IdTokenValidity: 20, TokenValidityUnits: { IdToken: 'minutes' as const } };
    expect(tokenRules({ ...code, ...minutes }).lifetimeSeconds).toBe(1_200);
  });

  test.each([
    ['machines only', { ...code, AllowedOAuthFlows: ['client_credentials'] }],
    ['no scope openid', { ...code, AllowedOAuthScopes: ['email'] }],
    ['no flow', { ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] }],
  ])('a client for %s lets nobody in, which the run says when it starts', (_, client) => {
    expect(() => tokenRules(client)).toThrow('No user can sign in');
  });
});

test('a token of another run is refused, one of the same data is not', async () => {
  const dataDir = scratch();
  const first = await startFixture({ dataDir });
  const token = await first.token({ sub: 'u1' });
  await expect((await verifier(running)).verify(token)).rejects.toThrow();
  await first.stop();
  const second = await startFixture({ dataDir });
  expect(await (await verifier(second)).verify(token)).toMatchObject({ sub: 'u1' });
});

test('the issuer that functions are told is the issuer of the tokens', async () => {
  const { issuer } = (await (await fetch(`${running.url}/echo`)).json()) as { issuer: string };
  const [, payload = ''] = (await running.token({ sub: 'u1' })).split('.');
  expect((JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss: string }).iss).toBe(issuer);
});

test.each([
  ['no claims', {}],
  ['an empty sub', { sub: '' }],
  ['a sub that is no text', { sub: 5 }],
])('a token for %s is refused', async (_, claims) => {
  expect((await post(`${running.url}/_local/token`, claims)).status).toBe(400);
});

test('a webhook sent to the local run is in the outbox, newest first', async () => {
  await post(`${running.url}/_local/webhook/one`, { a: 1 });
  await post(`${running.url}/_local/webhook/two`, { a: 2 });
  const outbox = (await (await fetch(`${running.url}/_local/outbox`)).json()) as { to: string }[];
  expect(outbox.map(({ to }) => to)).toEqual(['/_local/webhook/two', '/_local/webhook/one']);
});

test('/_local is the local run’s alone: the deployed API has no such path', () => {
  const parts = running.stack.resources<{ PathPart: string }>('AWS::ApiGateway::Resource');
  expect(parts.some(({ properties }) => properties.PathPart.startsWith('_local'))).toBe(false);
});
