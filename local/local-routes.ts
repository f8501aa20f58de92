import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { reasonOf } from './cannot-start.ts';
import type { Refusals } from './dynamodb/refusals.ts';
import { readBody } from './gateway/read-body.ts';
import type { Claims, Identity } from './identity.ts';
import type { Log } from './log.ts';
import type { Outbox } from './outbox.ts';
import type { SmsFaults } from './services/sms-faults.ts';
import type { StacksStandIn } from './stacks/stand-in.ts';

/** Routes under this path exist in the local run only and are never part of the deployed API. */
const prefix = '/_local';

/** The largest body of a request to these routes: 1 MiB. */
const bodyBytesMax = 1_048_576;

/** Log lines that `GET /_local/logs` shows, the newest first. */
const linesShownMax = 1_000;

/**
 * Puts the local run's own routes before the API: `POST /_local/token`, `GET /_local/jwks.json`,
 * `GET /_local/outbox`, `GET /_local/logs`, `GET /_local/refused` (DynamoDB requests that were refused as
 * invalid), `PUT /_local/stacks/faults` and `GET /_local/stacks/ledger` (those of the Stacks stand-in),
 * `POST /_local/sms` (`{"sender_id","profile"}`: the faults that SMS of this sender meet) and
 * `POST /_local/webhook/…`, which accepts any webhook into the outbox.
 */
export function withLocalRoutes(
  api: RequestListener,
  {
    identity,
    outbox,
    log,
    refusals,
    smsFaults,
    stacks,
  }: {
    identity: Identity;
    outbox: Outbox;
    log: Log;
    refusals: Refusals;
    smsFaults: SmsFaults;
    stacks: StacksStandIn;
  },
): RequestListener {
  async function answer(message: IncomingMessage): Promise<{ status: number; value: unknown }> {
    const { pathname } = new URL(message.url ?? '/', 'http://localhost');
    const route = `${message.method} ${pathname.slice(prefix.length)}`;
    if (route === 'GET /jwks.json') return { status: 200, value: identity.jwks };
    if (route === 'GET /outbox') return { status: 200, value: outbox.entries() };
    if (route === 'GET /logs') return { status: 200, value: log.lines().slice(-linesShownMax).reverse() };
    if (route === 'GET /refused') return { status: 200, value: refusals.found() };
    if (route === 'POST /token') {
      const claims = JSON.parse((await readBody(message, bodyBytesMax)).toString() || '{}') as Claims;
      if (typeof claims.sub !== 'string' || claims.sub === '')
        return {
          status: 400,
          value: { message: 'A token needs a `sub`: {"sub":"u1","tenant_id":"t1","role":"admin"}' },
        };
      return { status: 200, value: { token: await identity.token(claims) } };
    }
    if (route === 'POST /sms') {
      const body = JSON.parse((await readBody(message, bodyBytesMax)).toString()) as Record<string, unknown>;
      return smsFaults.set(String(body.sender_id), String(body.profile))
        ? { status: 200, value: {} }
        : { status: 400, value: { message: `The profiles are: ${smsFaults.names.join(', ')}` } };
    }
    if (route === 'GET /stacks/ledger' || route === 'PUT /stacks/faults') {
      const body = message.method === 'PUT' ? await readBody(message, bodyBytesMax) : null;
      const path = route.endsWith('faults') ? '/_faults' : '/_ledger';
      const answer = await fetch(stacks.url + path, { method: message.method ?? 'GET', body });
      return { status: answer.status, value: await answer.json() };
    }
    if (route.startsWith('POST /webhook')) {
      const content = { headers: message.headers, body: (await readBody(message, bodyBytesMax)).toString() };
      outbox.add({ kind: 'webhook', to: pathname, content });
      return { status: 200, value: {} };
    }
    return { status: 404, value: { message: `The local run has no ${message.method} ${pathname}` } };
  }

  return (message, response) => {
    if (!message.url?.startsWith(`${prefix}/`)) return api(message, response);
    answer(message).then(
      ({ status, value }) => sendJson(response, status, value),
      (error: unknown) => sendJson(response, 400, { message: reasonOf(error) }),
    );
  };
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
