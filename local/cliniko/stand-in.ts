import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { reasonOf } from '../cannot-start.ts';
import { readBody } from '../gateway/read-body.ts';
import {
  type Account,
  type AccountSpec,
  active,
  add,
  archive,
  change,
  makeAccount,
  remove,
} from './account.ts';
import { answer, apiKeyOf, inside, type StandInAnswer } from './answer.ts';
import { faultNames } from './faults.ts';

/** Path prefix of the stand-in, which is not part of the deployed stack. */
const prefix = '/_local/cliniko';

/** API key of the account that always exists, for manual experiments. */
export const demoKey = 'bulkhead-demo-key-au1';

const defaults: AccountSpec = {
  api_key: demoKey,
  id: '12345',
  name: 'Surf Rehab',
  patients: 648,
  archived: 0,
  deleted: 0,
  seed: 1,
  calls_per_minute: 200,
  latency_ms: 0,
  faults: [],
};

/** The largest body of a management request: 1 MiB. */
const bodyBytesMax = 1_048_576;

/** Silence of the slow faults, longer than any client waits. */
const silenceMs = 60_000;

/**
 * Puts a stand-in for Cliniko before the other routes. Its API is under `/_local/cliniko/v1`.
 * `POST /_local/cliniko/accounts` creates or replaces an account, `GET /_local/cliniko/accounts/{key}` shows
 * it, and `POST …/{key}/changes` changes its patients.
 *
 * Only the parameters of accounts are stored: the next start recreates them without later changes.
 */
export function withCliniko(others: RequestListener, dataDir: string): RequestListener {
  const file = join(dataDir, 'cliniko.json');
  const specs: AccountSpec[] = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as AccountSpec[])
    : [];
  const accounts = new Map([defaults, ...specs].map((spec) => [spec.api_key, makeAccount(spec, Date.now())]));

  function makeFrom(given: Partial<AccountSpec>): Account {
    const unknown = given.faults?.find(({ name }) => !faultNames.includes(name));
    if (unknown) throw new Error(`There is no fault ${unknown.name}; there are ${faultNames.join(', ')}`);
    const account = makeAccount({ ...defaults, ...given }, Date.now());
    accounts.set(account.spec.api_key, account);
    writeFileSync(file, JSON.stringify([...accounts.values()].map(({ spec }) => spec)));
    return account;
  }

  async function manage(message: IncomingMessage, path: string): Promise<{ status: number; value: unknown }> {
    const [, , key = '', action = ''] = path.split('/').map(decodeURIComponent);
    const body =
      message.method === 'POST' ? (await readBody(message, bodyBytesMax)).toString() || '{}' : '{}';
    const account = accounts.get(key);
    if (message.method === 'POST' && key === '')
      return { status: 201, value: inside(makeFrom(JSON.parse(body) as Partial<AccountSpec>)) };
    if (message.method === 'GET' && key === '') return { status: 200, value: [...accounts.keys()] };
    if (!account) return { status: 404, value: { message: 'The stand-in has no such account' } };
    if (message.method === 'GET') return { status: 200, value: inside(account) };
    if (action !== 'changes')
      return { status: 404, value: { message: 'The only action of an account is changes' } };
    makeChanges(account, JSON.parse(body) as Changes);
    return { status: 200, value: inside(account) };
  }

  return (message, response) => {
    // Other paths are not parsed here, since a request may have a path that is not a valid URL.
    if (!message.url?.startsWith(`${prefix}/`)) return others(message, response);
    const url = new URL(message.url, `http://${message.headers.host ?? 'localhost'}`);
    const path = url.pathname.slice(prefix.length);
    if (path.startsWith('/v1/')) {
      const authorization = message.headers.authorization ?? '';
      const key = apiKeyOf(authorization);
      const account = key === undefined ? undefined : accounts.get(key);
      const request = {
        url,
        path: path.slice(3),
        authorization,
        userAgent: message.headers['user-agent'] ?? '',
      };
      const given: StandInAnswer = account
        ? answer(account, request, Date.now())
        : { status: 401, body: JSON.stringify({ message: 'Unauthorized' }) };
      setTimeout(() => sendWithFaults(response, given), account?.spec.latency_ms ?? 0);
      return;
    }
    manage(message, path).then(
      ({ status, value }) => sendWithFaults(response, { status, body: JSON.stringify(value) }),
      (error: unknown) =>
        sendWithFaults(response, { status: 400, body: JSON.stringify({ message: reasonOf(error) }) }),
    );
  };
}

interface Changes {
  readonly create?: number;
  readonly update?: number;
  readonly archive?: number;
  readonly delete?: number;
  /** Answers every later request with 401. */
  readonly revoke?: boolean;
}

/** Changes the first patients of the account's list; new ones are added at its end. */
function makeChanges(account: Account, changes: Changes): void {
  const now = Date.now();
  const { create = 0, update = 0, archive: archived = 0, delete: deleted = 0 } = changes;
  for (const patient of active(account, update)) change(patient, now);
  for (const patient of active(account, archived)) archive(patient, now);
  for (const patient of active(account, deleted)) remove(account, patient, now);
  add(account, create, now);
  if (changes.revoke) account.faults.push({ name: 'key_revoked', done: 0 });
}

function sendWithFaults(response: ServerResponse, { status, headers, body, manner }: StandInAnswer): void {
  const all = { 'content-type': 'application/json', ...headers };
  if (manner === 'no_answer') {
    response.destroy();
    return;
  }
  if (manner === 'slow_header') {
    const timer = setTimeout(() => response.end(body), silenceMs);
    response.on('close', () => clearTimeout(timer));
    return;
  }
  if (manner === 'bad_gzip') {
    response.writeHead(status, { ...all, 'content-encoding': 'gzip' }).end(body);
    return;
  }
  response.writeHead(status, { ...all, 'content-length': Buffer.byteLength(body) });
  if (manner === undefined) {
    response.end(body);
    return;
  }
  response.write(body.slice(0, body.length / 2), () => {
    // `cut_body` closes the connection here; `slow_body` leaves it open without sending more.
    if (manner === 'cut_body') response.destroy();
  });
}
