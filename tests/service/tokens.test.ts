import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Running } from '../../local/start.ts';
import { newPatients } from '../patients/fixtures.ts';
import { alteredAssembly } from './altered-assembly.ts';
import { ownService, ownServiceOfFile } from './own.ts';
import { raw } from './raw.ts';

type Claims = Record<string, unknown>;

let running: Running;
let jwk: JWK;
/** The claims of a valid token. */
let good: Claims;

const decoded = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

beforeAll(async () => {
  const own = await ownServiceOfFile();
  running = own.running;
  jwk = JSON.parse(readFileSync(join(own.dataDir, 'token-key.json'), 'utf8')) as JWK;
  good = decoded(await running.token({ sub: 'u1', tenant_id: 't1', role: 'admin' }));
});

/** A token signed with the service's own key. */
async function signed(claims: Claims, header: Record<string, unknown> = {}): Promise<string> {
  const key = await importJWK(jwk, 'RS256');
  const kept = Object.fromEntries(
    Object.entries({ ...good, ...claims }).filter(([, value]) => value !== undefined),
  );
  const text = new TextEncoder().encode(JSON.stringify(kept));
  // SignJWT refuses what these tests are about, so the compact form is put together from its parts.
  const head = part({ alg: 'RS256', kid: jwk.kid, typ: 'JWT', ...header });
  const input = `${head}.${Buffer.from(text).toString('base64url')}`;
  const signature = await crypto.subtle.sign(
    'RSASSA-PKCS1-v1_5',
    key as CryptoKey,
    new TextEncoder().encode(input),
  );
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

const read = (authorization: string[], url = running.url) =>
  raw(`${url}/api/v1/dashboard`, { headers: authorization.map((value) => ['Authorization', value]) });

async function expectStranger(authorization: string[]) {
  const answer = await read(authorization);
  expect(answer.status).toBe(401);
  expect(JSON.parse(answer.text)).toEqual({ detail: 'Not authenticated' });
  expect(answer.headers['www-authenticate']).toBe('Bearer');
}

const now = () => Math.floor(Date.now() / 1000);

test('a good token is taken, also one that a test of this file signed', async () => {
  expect((await read([`Bearer ${await signed({})}`])).status).toBe(200);
});

test('the word bearer may be written in any case', async () => {
  const token = await signed({});
  for (const word of ['bearer', 'BEARER', 'BeArEr'])
    expect((await read([`${word} ${token}`])).status).toBe(200);
});

describe('a token that is not good in every claim is refused', () => {
  test.each<[string, Claims]>([
    ['no exp', { exp: undefined }],
    ['exp in the past', { exp: 1_600_000_000 }],
    ['exp as text', { exp: '9999999999' }],
    ['exp null', { exp: null }],
    ['nbf in the future', { nbf: 9_999_999_999 }],
    ['another issuer', { iss: 'https://example.com' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'somebody-else' }],
    ['no audience', { aud: undefined }],
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['no tenant', { 'custom:tenant_id': undefined }],
    ['an empty tenant', { 'custom:tenant_id': '' }],
    ['a tenant that is an object', { 'custom:tenant_id': { $gt: '' } }],
    ['a tenant that is a list', { 'custom:tenant_id': ['t1'] }],
    ['a tenant with half a character', { 'custom:tenant_id': 'a\ud800' }],
    ['a tenant that no queue takes', { 'custom:tenant_id': 'a\uffff' }],
    ['a tenant of more bytes than a key has', { 'custom:tenant_id': '\u533b'.repeat(255) }],
    ['a sub of more bytes than a key has', { sub: '\u533b'.repeat(86) }],
    ['a tenant with a lost character', { 'custom:tenant_id': 'a\ufffd' }],
    ['a tenant with NUL', { 'custom:tenant_id': 'a\u0000' }],
    ['a sub with half a character', { sub: 'a\ud800' }],
    ['a sub with a line break', { sub: 'a\nb' }],
    ['no role', { 'custom:role': undefined }],
    ['an unknown role', { 'custom:role': 'root' }],
    ['an access token', { token_use: 'access' }],
  ])('%s', async (_, claims) => {
    await expectStranger([`Bearer ${await signed(claims)}`]);
  });
});

test('tokens of a user pool whose client may not read the tenant are refused', async () => {
  const { running: other } = await ownService({ assembly: await alteredAssembly(withoutReadableAttributes) });
  const token = await other.token({ sub: 'u1', tenant_id: 't1', role: 'admin' });
  expect((await read([`Bearer ${token}`], other.url)).status).toBe(401);
});

/** The template as it would be if the client of the user pool listed no attributes to read. */
function withoutReadableAttributes(text: string): string {
  const template = JSON.parse(text) as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  };
  for (const { Type, Properties } of Object.values(template.Resources))
    if (Type === 'AWS::Cognito::UserPoolClient') Reflect.deleteProperty(Properties, 'ReadAttributes');
  return JSON.stringify(template);
}

test('the role may come from a group of the user pool', async () => {
  const token = await signed({ 'custom:role': undefined, 'cognito:groups': ['viewer', 'something'] });
  expect((await read([`Bearer ${token}`])).status).toBe(200);
  const other = await signed({ 'custom:role': undefined, 'cognito:groups': ['something'] });
  await expectStranger([`Bearer ${other}`]);
});

test('an empty claim is like none', async () => {
  const grouped = await signed({
    'custom:role': '',
    'cognito:groups': ['admin'],
    'custom:organization_id': '',
  });
  expect((await read([`Bearer ${grouped}`])).status).toBe(200);
  const plain = await signed({ tenant_id: '', organization_id: '', creator: '' });
  expect((await read([`Bearer ${plain}`])).status).toBe(200);
  await expectStranger([`Bearer ${await signed({ 'custom:role': '', 'cognito:groups': [] })}`]);
});

test('names of 255 bytes are taken everywhere', async () => {
  const tenant = `${'\u533b'.repeat(80)}${Date.now()}`.padEnd(95, 'x');
  const token = await signed({ sub: 'x'.repeat(255), 'custom:tenant_id': tenant });
  const answer = await raw(`${running.url}/api/v1/batch/patients`, {
    method: 'POST',
    headers: [
      ['Authorization', `Bearer ${token}`],
      ['Content-Type', 'application/json'],
    ],
    body: JSON.stringify(newPatients(1)),
  });
  expect(Buffer.byteLength(tenant)).toBe(255);
  expect(answer.status).toBe(201);
});

describe('a token that is not signed by the issuer is refused', () => {
  test.each(['none', 'None', 'nOnE', 'NONE'])('alg %s', async (alg) => {
    const unsigned = `${part({ alg, typ: 'JWT', kid: jwk.kid })}.${part(good)}`;
    const [, , signature] = (await signed({})).split('.');
    await expectStranger([`Bearer ${unsigned}.`]);
    await expectStranger([`Bearer ${unsigned}`]);
    await expectStranger([`Bearer ${unsigned}.${signature}`]);
  });

  test('an HMAC with the public key as its secret', async () => {
    const { kty, n, e } = jwk;
    const pem = await exportSPKI(
      (await importJWK({ kty, n, e } as JWK, 'RS256', { extractable: true })) as CryptoKey,
    );
    const input = `${part({ alg: 'HS256', typ: 'JWT', kid: jwk.kid })}.${part(good)}`;
    for (const secret of [pem, pem.trim(), JSON.stringify({ kty, n, e }), String(n)]) {
      const signature = createHmac('sha256', secret).update(input).digest('base64url');
      await expectStranger([`Bearer ${input}.${signature}`]);
    }
  });

  test('another key with the same or an unknown id, also if it is sent along', async () => {
    const stranger = await generateKeyPair('RS256', { extractable: true });
    const theirs = await exportJWK(stranger.publicKey);
    const headers = [
      { kid: jwk.kid },
      { kid: 'unknown' },
      {},
      { kid: jwk.kid, jwk: theirs },
      { kid: 'unknown', jku: 'https://example.com/jwks.json' },
      { kid: '../../etc/passwd' },
    ];
    for (const header of headers) {
      const token = await new SignJWT(good)
        .setProtectedHeader({ alg: 'RS256', ...header })
        .sign(stranger.privateKey);
      await expectStranger([`Bearer ${token}`]);
    }
  });

  test('claims that were changed afterwards', async () => {
    const [head, , signature] = (await signed({})).split('.');
    await expectStranger([`Bearer ${head}.${part({ ...good, 'custom:role': 'super_admin' })}.${signature}`]);
  });

  test('extensions that must be understood and are not', async () => {
    await expectStranger([`Bearer ${await signed({}, { crit: ['x'], x: 1 })}`]);
    await expectStranger([`Bearer ${await signed({}, { crit: ['b64'], b64: false })}`]);
  });
});

describe('what is no bearer token is refused', () => {
  test.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer x',
    'Bearer a.b.c',
    'Bearer ..',
    'Bearer null',
    'Basic dTpw',
    'Token abc',
    'Digest username="x"',
    `Bearer ${'x'.repeat(6_000)}`,
    `Bearer ${'.'.repeat(2_000)}`,
  ])('%.40s', async (authorization) => {
    await expectStranger([authorization]);
  });

  test('a good token under another name, twice, or in two headers', async () => {
    const token = await signed({});
    await expectStranger([`Basic ${token}`]);
    await expectStranger([token]);
    await expectStranger([`Bearer ${token} ${token}`]);
    await expectStranger([`Bearer ${token}, Bearer ${token}`]);
    await expectStranger([`Bearer ${token}`, `Bearer ${token}`]);
    await expectStranger(['Basic dTpw', `Bearer ${token}`]);
  });

  test('no header at all', async () => {
    await expectStranger([]);
  });

  test('a token in the query', async () => {
    const answer = await raw(`${running.url}/api/v1/dashboard?access_token=${await signed({})}`, {});
    expect(answer.status).toBe(401);
  });
});

test('a token is good to its last second, and not after it', async () => {
  expect((await read([`Bearer ${await signed({ exp: now() + 30 })}`])).status).toBe(200);
  await expectStranger([`Bearer ${await signed({ exp: now() - 1 })}`]);
});

/** An issuer whose keys come and go. */
interface Issuer {
  server: Server;
  uri: string;
  fetches: number;
  status: number;
}

const issuers: Issuer[] = [];
afterAll(() => {
  for (const { server } of issuers) server.close();
});

async function issuer(keys: () => unknown): Promise<Issuer> {
  const made: Issuer = { server: createServer(), uri: '', fetches: 0, status: 200 };
  made.server.on('request', (_, response) => {
    made.fetches += 1;
    response.writeHead(made.status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(keys()));
  });
  await new Promise<void>((done) => made.server.listen(0, '127.0.0.1', done));
  made.uri = `http://127.0.0.1:${(made.server.address() as AddressInfo).port}/jwks.json`;
  issuers.push(made);
  return made;
}

describe('when the issuer’s keys cannot be fetched', () => {
  test.each(['a port on which nothing listens', 'a status of 500', 'something that is no key set'])(
    '%s: 503 and when to try again, never 401, and nothing is written',
    async (how) => {
      const source = await issuer(() => (how.startsWith('something') ? { nonsense: true } : { keys: [] }));
      if (how.startsWith('a status')) source.status = 500;
      if (how.startsWith('a port')) source.server.close();
      const own = await ownService({ environment: { JWKS_URI: source.uri } });
      const person = await own.person();
      const reading = await person.api.patients.list();
      expect(reading.status).toBe(503);
      expect(Number(reading.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(reading.body).toEqual({ detail: expect.any(String) });
      expect((await person.api.patients.create({ body: newPatients(1) })).status).toBe(503);
      const ready = await fetch(`${own.running.url}/ready`);
      expect(await ready.json()).toMatchObject({ checks: { tokens: 'unavailable', patients: 'ok' } });
      expect((await raw(`${own.running.url}/api/v1/dashboard`, {})).status).toBe(401);
    },
  );
});

test('tokens with made-up key ids do not make a request to the issuer each', async () => {
  let keys: unknown[] = [];
  const source = await issuer(() => ({ keys }));
  const own = await ownService({ environment: { JWKS_URI: source.uri } });
  const its = JSON.parse(readFileSync(join(own.dataDir, 'token-key.json'), 'utf8')) as JWK;
  keys = [{ kty: its.kty, n: its.n, e: its.e, kid: its.kid, alg: 'RS256', use: 'sig' }];
  const claims = decoded(await own.running.token({ sub: 'u1', tenant_id: 't1', role: 'admin' }));
  for (let n = 0; n < 50; n++) {
    const junk = `${part({ alg: 'RS256', kid: `junk-${n}` })}.${part(claims)}.${'A'.repeat(342)}`;
    expect((await read([`Bearer ${junk}`], own.running.url)).status).toBe(401);
  }
  expect(source.fetches).toBeGreaterThan(0);
  expect(source.fetches).toBeLessThan(10);
});
