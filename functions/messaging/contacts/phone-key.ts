import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import type { Item } from '../../../core/dynamo/store.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { stored } from '../../../core/dynamo/version.ts';
import { present } from '../../../core/invariant.ts';

/** Secrets that one container caches. */
const cachedTenantsMax = 1_000;

const secrets = new LRUCache<string, Buffer>({ max: cachedTenantsMax });

const phoneSecret = stored('phone secret', z.object({ secret: z.instanceof(Uint8Array) }));

export const phoneSecretKey = (tenant: string) => ({ pk: `PHONE-SECRET#${tenant}`, sk: 'PHONE-SECRET' });

/** The secret in its item. */
export const phoneSecretOf = (item: Item): Buffer => Buffer.from(phoneSecret.parse(item).secret);

/** The names of phones by a tenant's secret. */
export const namesBy =
  (secret: Buffer): NameOf =>
  (phone) =>
    `~${createHmac('sha256', secret).update(phone).digest('base64url').slice(0, 22)}`;

async function find(tenant: string): Promise<Buffer | undefined> {
  const item = await dynamo().get(tableName('messaging'), phoneSecretKey(tenant));
  return item && phoneSecretOf(item);
}

/**
 * Creates the tenant's secret, unless another request was first: a second secret would give phones other
 * names.
 */
async function make(tenant: string): Promise<Buffer> {
  const secret = randomBytes(32);
  const { done } = await dynamo().put({
    TableName: tableName('messaging'),
    Item: { ...phoneSecretKey(tenant), secret },
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  return done ? secret : present(await find(tenant), 'a phone secret that exists is never deleted');
}

/** Maps a phone to its name within one tenant. */
export type NameOf = (phone: string) => string;

/**
 * Name under which a phone's entry is stored: a keyed hash (HMAC-SHA-256, truncated to 22 base64url
 * characters, about 128 bits). Names appear in logs and audit records, and a plain hash could be reversed by
 * trying all phones. Each tenant has a random key of its own, which is stored only in the table.
 *
 * @param create true to create the key of a tenant that has none.
 * @returns `undefined` for a tenant without a key, which therefore has no phones.
 */
export async function phoneNames(tenant: string, create: true): Promise<NameOf>;
export async function phoneNames(tenant: string, create: false): Promise<NameOf | undefined>;
export async function phoneNames(tenant: string, create: boolean): Promise<NameOf | undefined> {
  const secret = await secretOf(tenant, create);
  return secret && namesBy(secret);
}

async function secretOf(tenant: string, create: boolean): Promise<Buffer | undefined> {
  const secret = secrets.get(tenant) ?? (await find(tenant)) ?? (create ? await make(tenant) : undefined);
  if (secret) secrets.set(tenant, secret);
  return secret;
}
