import type * as z from 'zod';
import type { Endpoint } from './endpoint.ts';

type Systems = Record<string, Record<string, Endpoint>>;

/**
 * One part of a call's input: required where the contract's schema requires any of it, and refused where it
 * has none.
 */
type Part<Name extends string, S> = S extends z.ZodType
  ? // biome-ignore lint/complexity/noBannedTypes: an object without a required property
    {} extends z.input<S>
    ? { [N in Name]?: z.input<S> }
    : undefined extends z.input<S>
      ? { [N in Name]?: z.input<S> }
      : { [N in Name]: z.input<S> }
  : { [N in Name]?: undefined };

/** The input of one call: that of the contract's schemas, before they parse it. */
type CallInput<E extends Endpoint> = Part<'params', E['params']> &
  Part<'query', E['query']> &
  Part<'body', E['body']> &
  CallOptions;

export interface CallOptions {
  /** Makes repeating this call safe: the same key and body get the first answer again. */
  idempotencyKey?: string;
  headers?: Record<string, string>;
}

/** The contract's reply, or a problem in the words of the endpoint's API. */
export type CallResult<E extends Endpoint> =
  | { ok: true; status: number; headers: Headers; body: z.output<E['reply']> }
  | { ok: false; status: number; headers: Headers; body: unknown };

type Call<E extends Endpoint> =
  CallOptions extends CallInput<E>
    ? (input?: CallInput<E>) => Promise<CallResult<E>>
    : (input: CallInput<E>) => Promise<CallResult<E>>;

export type Client<S extends Systems> = {
  [System in keyof S]: { [Name in keyof S[System]]: Call<S[System][Name]> };
};

export interface ClientOptions {
  /** The service's URL, without a slash at the end. */
  baseUrl: string;
  /** Sent as a bearer token. */
  token?: string;
}

/** The input of any contract's call. */
interface AnyInput extends CallOptions {
  params?: object;
  query?: object;
  body?: unknown;
}

/** A typed function for every contract: `client(endpoints, …).patients.create({ body })`. */
export function client<S extends Systems>(systems: S, options: ClientOptions): Client<S> {
  const calls = Object.entries(systems).map(([system, endpoints]) => [
    system,
    Object.fromEntries(
      Object.entries(endpoints).map(([name, endpoint]) => [
        name,
        (input: AnyInput = {}) => call(endpoint, input, options),
      ]),
    ),
  ]);
  return Object.fromEntries(calls) as Client<S>;
}

function urlOf(endpoint: Endpoint, { params = {}, query = {} }: AnyInput, baseUrl: string): URL {
  const values = new Map<string, unknown>(Object.entries(params));
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values.get(name) ?? '')),
  );
  const url = new URL(baseUrl + path);
  for (const [name, value] of Object.entries(query))
    for (const each of [value].flat()) if (each !== undefined) url.searchParams.append(name, String(each));
  return url;
}

async function call<E extends Endpoint>(
  endpoint: E,
  input: AnyInput,
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
