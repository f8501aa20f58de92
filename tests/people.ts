import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type CallOptions, type CallResult, type Client, client } from '../core/contract/client.ts';
import type { Endpoint } from '../core/contract/endpoint.ts';
import type { Role } from '../core/http/caller.ts';
import { endpoints } from '../functions/index.ts';

type Endpoints = typeof endpoints;

/**
 * The client without types of input, for calls that the contract refuses or whose unknown fields it ignores.
 */
type UntypedClient = {
  [System in keyof Endpoints]: {
    [Name in keyof Endpoints[System]]: (
      input?: CallOptions & { params?: object; query?: object; body?: unknown },
    ) => Promise<Endpoints[System][Name] extends Endpoint ? CallResult<Endpoints[System][Name]> : never>;
  };
};

/** A user who calls; of a new tenant by default, so that tests do not affect each other. */
export interface Person {
  userId: string;
  tenantId: string;
  token: string;
  /** The URL of the service. */
  url: string;
  /** The typed client, as this person. */
  api: Client<Endpoints>;
  /** The same client for wrong input. */
  untypedApi: UntypedClient;
  /** A raw request as this person, for calls that the client cannot send. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export interface Traits {
  role?: Role;
  tenantId?: string;
  userId?: string;
  /** The URL of the service; the shared one by default. */
  url?: string;
  /** More claims, such as `creator`. */
  claims?: Record<string, unknown>;
}

export async function somebody(traits: Traits = {}): Promise<Person> {
  const {
    role = 'user',
    tenantId = randomUUID(),
    userId = randomUUID(),
    url = inject('url'),
    claims = {},
  } = traits;
  const response = await fetch(`${url}/_local/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ sub: userId, tenant_id: tenantId, role, ...claims }),
  });
  const { token } = (await response.json()) as { token: string };
  const api = client(endpoints, { baseUrl: url, token });
  return {
    userId,
    tenantId,
    token,
    url,
    api,
    untypedApi: api as UntypedClient,
    fetch: (path, init = {}) =>
      fetch(url + path, { ...init, headers: { Authorization: `Bearer ${token}`, ...init.headers } }),
  };
}
