import * as z from 'zod';
import { within } from '../deadline.ts';
import { dynamo } from '../dynamo/dynamo.ts';
import type { Key } from '../dynamo/store.ts';
import { tableName } from '../dynamo/tables.ts';
import { stored } from '../dynamo/version.ts';
import { keepNewest } from '../keep-newest.ts';
import { hasChecksum, keyHash } from './api-key-text.ts';
import { noteKeyUse } from './api-key-use.ts';
import { apiKeyUserPrefix, type Caller, roles } from './caller.ts';

/**
 * What a key gives, as every endpoint finds it by the hash of the key's text. DynamoDB deletes it some time
 * after it has expired.
 */
export const KeyGrant = z.object({
  id: z.string(),
  tenant: z.string(),
  role: z.enum(roles),
  organization: z.string().optional(),
  creator: z.string().optional(),
  /** Seconds since the epoch, from which on the key is refused. */
  expires_at: z.number(),
});
export type KeyGrant = z.output<typeof KeyGrant>;

/** The item of a grant. */
export const StoredGrant = stored('grant of an API key', KeyGrant);

/** The key of a grant in the table `apiKeys`. */
export const grantKey = (hash: string): Key => ({ pk: `HASH#${hash}`, sk: 'GRANT' });

/**
 * Milliseconds for which a container trusts what it read, also that there is no such key. A revoked key works
 * no longer than this; 60 seconds are promised.
 */
const lookupRetentionMs = 30_000;
/** Keys that a container remembers; the one that was read first is forgotten first. */
const lookupsMax = 1_000;
/** Milliseconds for which a lookup is tried. */
const lookupMsMax = 5_000;

interface Lookup {
  /** When the read began, in milliseconds since the epoch. */
  readMs: number;
  grant: KeyGrant | undefined;
}

const lookups = new Map<string, Lookup>();

async function readGrant(hash: string): Promise<KeyGrant | undefined> {
  const item = await within(Date.now() + lookupMsMax, () =>
    dynamo().get(tableName('apiKeys'), grantKey(hash)),
  );
  return item && StoredGrant.parse(item);
}

async function lookUp(hash: string, now: number): Promise<KeyGrant | undefined> {
  const known = lookups.get(hash);
  // A clock that was set back makes no answer last longer.
  if (known && known.readMs <= now && now < known.readMs + lookupRetentionMs) return known.grant;
  const grant = await readGrant(hash);
  keepNewest(lookups, hash, { readMs: now, grant }, lookupsMax);
  return grant;
}

/**
 * The caller that an API key stands for, and notes that the key was used.
 *
 * @param now milliseconds since the epoch.
 * @returns `undefined` for a key that is unknown, mistyped, revoked or expired.
 * @throws Unavailable if the table does not answer, which is not the caller's fault and worth a retry.
 */
export async function callerOfKey(text: string, now: number): Promise<Caller | undefined> {
  if (!hasChecksum(text)) return undefined;
  const grant = await lookUp(keyHash(text), now);
  if (!grant || grant.expires_at * 1_000 <= now) return undefined;
  await noteKeyUse(grant, now);
  const { id, tenant, role, organization, creator } = grant;
  return {
    userId: `${apiKeyUserPrefix}${id}`,
    tenantId: tenant,
    role,
    ...(organization === undefined ? {} : { organizationId: organization }),
    ...(creator === undefined ? {} : { creator }),
  };
}
