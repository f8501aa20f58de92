import { expect } from 'vitest';
import { client } from '../../core/contract/client.ts';
import { endpoints } from '../../functions/index.ts';
import type { Person } from '../people.ts';

export const KEYS = '/api/v1/api-keys';

/** A new key as its answer has it. */
export interface NewKey {
  id: string;
  key: string;
  expires_at: string;
}

/** Sends one JSON request. */
export async function send(person: Pick<Person, 'fetch'>, method: string, path: string, body?: unknown) {
  const response = await person.fetch(path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** Creates a key, which must succeed. */
export async function newKey(admin: Person, fields: object = {}): Promise<NewKey> {
  const { status, body } = await send(admin, 'POST', KEYS, { name: 'Robot', role: 'user', ...fields });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
}

/** A machine that calls with a key, of the service of a person. */
export function machine({ url }: Pick<Person, 'url'>, key: string) {
  return {
    api: client(endpoints, { baseUrl: url, token: key }),
    fetch: (path: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, headers: { Authorization: `Bearer ${key}`, ...init.headers } }),
  };
}

/** The keys that a person lists. */
export async function keysOf(person: Person, query = ''): Promise<Record<string, unknown>[]> {
  const { status, body } = await send(person, 'GET', KEYS + query);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body.api_keys;
}
