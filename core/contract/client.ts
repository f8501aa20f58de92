import type * as z from 'zod';
import type { Endpoint } from './endpoint.ts';

type Systems = Record<string, Record<string, Endpoint>>;

/** What one call sends. The types are those of the contract's schemas before they read their input. */
interface CallInput {
  params?: Record<string, string>;
  query?: Record<string, string | number>;
  body?: unknown;
  /** Makes repeating this call safe: the same key and body get the first answer again. */
  idempotencyKey?: string;
  headers?: Record<string, string>;
}

/** What came back: the contract's reply, or a problem in the words of the endpoint's API. */
type CallResult<E extends Endpoint> =
  | { ok: true; status: number; headers: Headers; body: z.output<E['reply']> }
  | { ok: false; status: number; headers: Headers; body: unknown };

export type Client<S extends Systems> = {
  [System in keyof S]: {
    [Name in keyof S[System]]: (input?: CallInput) => Promise<CallResult<S[System][Name]>>;
  };
};

export interface ClientOptions {
  /** Where the service is, without a slash at the end. */
  baseUrl: string;
  /** Sent as a bearer token. */
  token?: string;
}

/** A call for every contract: `client(endpoints, …).patients.create({ body })`. */
export function client<S extends Systems>(systems: S, options: ClientOptions): Client<S> {
  const calls = Object.entries(systems).map(([system, endpoints]) => [
    system,
    Object.fromEntries(
      Object.entries(endpoints).map(([name, endpoint]) => [
        name,
        (input?: CallInput) => call(endpoint, input ?? {}, options),
      ]),
    ),
  ]);
  return Object.fromEntries(calls) as Client<S>;
}

function urlOf(endpoint: Endpoint, { params = {}, query = {} }: CallInput, baseUrl: string): URL {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
  const url = new URL(baseUrl + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url;
}

async function call<E extends Endpoint>(
  endpoint: E,
  input: CallInput,
  options: ClientOptions,
): Promise<CallResult<E>> {
  const response = await fetch(urlOf(endpoint, input, options.baseUrl), {
    method: endpoint.method,
    headers: {
      ...(options.token ? { Authorization: `Bearer ${options.token}` } : {}),
      ...(input.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(input.idempotencyKey ? { 'Idempotency-Key': input.idempotencyKey } : {}),
      ...input.headers,
    },
    body: input.body === undefined ? undefined : JSON.stringify(input.body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
  const body: unknown = isJson ? JSON.parse(text) : text;
  return { ok: response.ok, status: response.status, headers: response.headers, body } as CallResult<E>;
}
