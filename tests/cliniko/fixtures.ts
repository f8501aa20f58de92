import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type Person, somebody, type Traits } from '../people.ts';

/** An account of the stand-in, as far as a test wants it to differ from 648 well-behaved patients. */
export interface AccountTraits {
  id?: string;
  patients?: number;
  archived?: number;
  deleted?: number;
  seed?: number;
  calls_per_minute?: number;
  latency_ms?: number;
  faults?: Record<string, unknown>[];
}

/** State of an account in the stand-in. */
export interface UpstreamAccount {
  api_key: string;
  calls: number;
  early: number;
  beyond: number;
  active: number;
  archived_ids: string[];
  deleted_ids: string[];
}

/** Makes an account of its own in the stand-in for Cliniko. */
export async function upstream(traits: AccountTraits = {}, url = inject('url')) {
  const api_key = `test-${randomUUID()}-au1`;
  const send = async (path: string, body?: object): Promise<UpstreamAccount> => {
    const response = await fetch(`${url}/_local/cliniko/accounts${path}`, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as UpstreamAccount;
  };
  await send('', { api_key, ...traits });
  return {
    apiKey: api_key,
    look: () => send(`/${api_key}`),
    change: (changes: Record<string, number | boolean>) => send(`/${api_key}/changes`, changes),
  };
}

export interface Clinic {
  admin: Person;
  orgId: string;
  account: Awaited<ReturnType<typeof upstream>>;
}

/** An organisation of a tenant of its own, with an account at Cliniko. */
export async function clinic(traits: AccountTraits = {}, who: Traits = {}, orgId = '123'): Promise<Clinic> {
  const admin = await somebody({ role: 'admin', ...who });
  const account = await upstream(traits, who.url);
  await register(admin, orgId, account.apiKey);
  return { admin, orgId, account };
}

export async function register(
  admin: Person,
  orgId: string,
  api_key: string,
  more: object = {},
): Promise<void> {
  const result = await admin.api.cliniko.putSettings({
    params: { orgId },
    body: { name: 'Surf Rehab', api_key, contact_email: 'it@surf.example.com', ...more },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.body));
}

/** The body of a call that must succeed. */
export function ok<T>(result: { ok: true; body: T } | { ok: false; status: number; body: unknown }): T {
  if (!result.ok) throw new Error(`${result.status} ${JSON.stringify(result.body)}`);
  return result.body;
}

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function latestLog({ admin, orgId }: Clinic) {
  // Polls of several tests must not run into the limit of one user, so another user of the tenant asks.
  const { logs } = ok(await admin.api.cliniko.syncLogs({ params: { orgId }, query: { limit: '1' } }));
  const [log] = logs;
  if (!log) throw new Error('there is no log');
  return log;
}

/** Starts a sync and waits for its end. */
export async function sync(place: Clinic) {
  ok(await place.admin.api.cliniko.syncAll({ params: { orgId: place.orgId } }));
  return await ended(place);
}

/** Waits until the latest sync is at its end. */
export async function ended(place: Clinic) {
  for (;;) {
    const { tenantId } = place.admin;
    const admin = await somebody({ role: 'admin', tenantId, url: place.admin.url });
    for (let look = 0; look < 50; look++) {
      const log = await latestLog({ ...place, admin });
      if (log.status !== 'running') return log;
      await pause(100);
    }
  }
}
