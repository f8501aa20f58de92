import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type Client, client } from '../core/contract/client.ts';
import type { Role } from '../core/http/caller.ts';
import { endpoints } from '../functions/index.ts';

/** Somebody who calls: of a tenant of their own unless told, so that tests do not meet. */
export interface Person {
  userId: string;
  tenantId: string;
  token: string;
  /** The service that is called. */
  url: string;
  /** The typed client, as this person. */
  api: Client<typeof endpoints>;
  /** A raw request as this person, for what the client would not send. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export interface Traits {
  role?: Role;
  tenantId?: string;
  userId?: string;
  /** The service to call; the shared one unless told. */
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
  return {
    userId,
    tenantId,
    token,
    url,
    api: client(endpoints, { baseUrl: url, token }),
    fetch: (path, init = {}) =>
      fetch(url + path, { ...init, headers: { Authorization: `Bearer ${token}`, ...init.headers } }),
  };
}
