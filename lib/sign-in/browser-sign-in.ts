import { createHash } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { Refused } from '../explain.ts';

/** Time in which the user has to have signed in. */
const signInTimeoutMs = 5 * 60_000;
/** Timeout of the request that exchanges the code for tokens. */
const exchangeTimeoutMs = 10_000;

/** A client of a user pool, and how its users sign in. */
export interface SignInClient {
  /** The address of the sign-in page; of it the origin counts, under which Cognito has its endpoints. */
  page: string;
  clientId: string;
  /** The client's callback at this machine: `http://localhost:<port>/<path>`. */
  callback: string;
}

interface Deps {
  /** Shows the user the address at which to sign in. */
  show: (url: string) => void;
  /** Random bytes of this number. */
  random: (bytes: number) => Uint8Array;
}

/** Tokens as the endpoint answers them (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). */
const Tokens = z.object({ id_token: z.string(), expires_in: z.number() });

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** The challenge of a PKCE verifier, by the method S256 (RFC 7636 §4.2). */
const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

/**
 * Signs a user in with the browser: authorization code with PKCE (RFC 7636), received at a port of this
 * machine (RFC 8252 §7.3).
 *
 * @returns the ID token, and the seconds for which it is valid.
 * @throws Refused if the port is in use, the sign-in page reports an error, the code is not exchanged, or no
 * user signs in within five minutes.
 */
export async function signInByBrowser(
  { page, clientId, callback }: SignInClient,
  { show, random }: Deps,
): Promise<{ idToken: string; lifetimeSeconds: number }> {
  const verifier = base64url(random(32));
  const state = base64url(random(16));
  const { origin } = new URL(page);
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: callback,
    scope: 'openid email profile',
    state,
    code_challenge_method: 'S256',
    code_challenge: challengeOf(verifier),
  });
  const code = await codeFrom(callback, state, () => show(`${origin}/oauth2/authorize?${query}`));
  return await exchange(`${origin}/oauth2/token`, {
    grant_type: 'authorization_code',
    client_id: clientId,
    redirect_uri: callback,
    code_verifier: verifier,
    code,
  });
}

/** Waits at the callback for the browser. @param ready called once the port is open. */
async function codeFrom(callback: string, state: string, ready: () => void): Promise<string> {
  const { port, pathname } = new URL(callback);
  const server = createServer();
  let timer: NodeJS.Timeout | undefined;
  try {
    await listen(server, Number(port || 80));
    const code = returned(server, pathname, state);
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Refused('No user signed in within five minutes')), signInTimeoutMs);
    });
    ready();
    return await Promise.race([code, late]);
  } finally {
    clearTimeout(timer);
    server.close();
    server.closeIdleConnections();
  }
}

/** Opens a port of this machine only. @throws Refused if it is in use. */
async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Refused(
          error.code === 'EADDRINUSE'
            ? `Port ${port} is in use, at which the browser would come back: end what uses it (another sign-in?), or set another in signIn.callbackUrls`
            : `Cannot listen at port ${port}, at which the browser would come back: ${error.message}`,
        ),
      ),
    );
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
}

/**
 * The code that the browser brings back. A request with another state is refused, and does not end the
 * waiting: any page that is open in the browser could send one.
 */
function returned(server: Server, path: string, state: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.on('request', (message, response) => {
      const { pathname, searchParams } = new URL(message.url ?? '/', 'http://localhost');
      if (message.method !== 'GET' || pathname !== path) return say(response, 404, 'There is nothing here.');
      if (searchParams.get('state') !== state)
        return say(response, 400, 'This is not the answer to the sign-in that the command line waits for.');
      const error = searchParams.get('error');
      const code = searchParams.get('code');
      if (code && !error) {
        say(response, 200, 'You are signed in. The token is where you started; you can close this page.');
        return resolve(code);
      }
      say(response, 400, 'You are not signed in: the command line has the reason.');
      const reason = [error ?? 'no code', searchParams.get('error_description')].filter(Boolean).join(': ');
      // The text comes through the address bar, and goes to a terminal.
      return reject(new Refused(`The sign-in page reports ${reason.replace(/\p{Cc}/gu, ' ')}`));
    });
  });
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end(text);
}

async function exchange(
  endpoint: string,
  form: Record<string, string>,
): Promise<{ idToken: string; lifetimeSeconds: number }> {
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(exchangeTimeoutMs),
    redirect: 'error',
  }).catch((error: unknown) => {
    throw new Refused(`${endpoint} does not answer: ${error instanceof Error ? error.message : error}`);
  });
  const body: unknown = await response.json().catch(() => undefined);
  const tokens = Tokens.safeParse(body);
  if (response.ok && tokens.success)
    return { idToken: tokens.data.id_token, lifetimeSeconds: tokens.data.expires_in };
  const { error } = z.object({ error: z.string() }).catch({ error: 'no token' }).parse(body);
  throw new Refused(`${endpoint} answers ${response.status}, ${error}: start again`);
}
