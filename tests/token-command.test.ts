import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { cognitoStandIn } from './cognito-stand-in.ts';
import { command } from './command.ts';

let cognito: Awaited<ReturnType<typeof cognitoStandIn>>;
beforeEach(async () => {
  cognito = await cognitoStandIn();
});

/** Starts to sign in at stage prod; the test is the browser. */
function signIn() {
  const run = command('token.ts', ['--stage', 'prod', '--no-browser'], cognito.url);
  onTestFinished(() => void run.end());
  const page = async () => new URL((await run.said(/^http\S+$/m))[0]);
  return { ...run, page };
}

/** The callback as the browser has it, at the address that the command listens at. */
const callback = (query: Record<string, string>) =>
  `${cognito.callback.replace('localhost', '127.0.0.1')}?${new URLSearchParams(query)}`;

/** Follows the sign-in page's redirect, as a browser does. */
async function follow(page: URL): Promise<Response> {
  const { headers } = await fetch(page, { redirect: 'manual' });
  const target = new URL(headers.get('location') ?? '');
  return await fetch(callback(Object.fromEntries(target.searchParams)));
}

describe('signing in at a deployed stage', () => {
  test('prints the ID token alone, and beside it how long it is valid', async () => {
    const { page, ended } = signIn();
    const answer = await follow(await page());
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('You are signed in')]);
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'eyJ.id.token\n' });
    expect(stderr).toMatch(/valid until \d{4}-.*Z, 60 minutes from now/);
    expect(Object.fromEntries(cognito.exchanges[0] ?? [])).toEqual({
      grant_type: 'authorization_code',
      client_id: cognito.clientId,
      redirect_uri: cognito.callback,
      code: expect.any(String),
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  test('proves by PKCE that it is who asked: a code for another challenge gives no token', async () => {
    const { page, ended } = signIn();
    const asked = await page();
    expect(asked.searchParams.get('code_challenge_method')).toBe('S256');
    asked.searchParams.set('code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
    await follow(asked);
    expect(await ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('invalid_grant'),
    });
  });

  test('draws another state and another verifier each time', async () => {
    const first = signIn();
    const one = await first.page();
    await follow(one);
    await first.ended;
    const second = signIn();
    const other = await second.page();
    for (const name of ['state', 'code_challenge'])
      expect(one.searchParams.get(name)).not.toBe(other.searchParams.get(name));
  });

  test('refuses an answer with another state or at another path, and goes on waiting for its own', async () => {
    const { page, ended } = signIn();
    const own = await page();
    const foreign: Record<string, string>[] = [
      { code: 'stolen', state: 'another' },
      { code: 'stolen' },
      { error: 'access_denied' },
    ];
    for (const query of foreign) expect((await fetch(callback(query))).status).toBe(400);
    expect((await fetch('http://127.0.0.1:8976/favicon.ico')).status).toBe(404);
    expect((await follow(own)).status).toBe(200);
    expect(await ended).toMatchObject({ code: 0, stdout: 'eyJ.id.token\n' });
    expect(cognito.exchanges).toHaveLength(1);
  });

  test('tells why the sign-in page let nobody in', async () => {
    const { page, ended } = signIn();
    const state = (await page()).searchParams.get('state') ?? '';
    const answer = await fetch(
      callback({ state, error: 'access_denied', error_description: 'User <b>is</b> disabled' }),
    );
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain('<b>');
    expect(await ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('access_denied: User <b>is</b> disabled'),
    });
    expect(cognito.exchanges).toEqual([]);
  });

  test('says so if its port is in use', async () => {
    const taken = createServer().listen(8976, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    try {
      const { ended } = signIn();
      expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('Port 8976 is in use') });
    } finally {
      taken.close();
    }
  });

  test('is not for a stage without a user pool, nor with claims', async () => {
    expect(await command('token.ts', ['--stage', 'prod', '--sub', 'u1'], cognito.url).ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--sub is for a local run'),
    });
    const none = await cognitoStandIn({ outputs: { Url: 'https://api.example.com' } });
    expect(await command('token.ts', ['--stage', 'prod'], none.url).ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has no user pool'),
    });
  });
});

test('without a stage it asks the local run, with the claims that are named', async () => {
  const bodies: string[] = [];
  const local = createServer((message, response) => {
    message.on('data', (part: Buffer) => bodies.push(part.toString()));
    message.on('end', () => response.end('{"token":"a.b.c"}'));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => local.once('listening', resolve));
  onTestFinished(() => void local.close());
  const PORT = String((local.address() as AddressInfo).port);
  const options = ['--sub', 'u1', '--tenant_id', 't1', '--expires_in', '60'];
  const answer = await command('token.ts', options, cognito.url, { PORT }).ended;
  expect(answer).toEqual({ code: 0, stdout: 'a.b.c\n', stderr: '' });
  expect(JSON.parse(bodies.join(''))).toEqual({ sub: 'u1', tenant_id: 't1', expires_in: 60 });
});
