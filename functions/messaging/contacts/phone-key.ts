import { createHmac, randomBytes } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import { documents, tableName } from '../../../core/dynamo/tables.ts';
import { present } from '../../../core/invariant.ts';
import { storedVersion } from '../stored-version.ts';

/** How many tenants' secrets a container remembers. */
const cachedTenantsMax = 1_000;

const secrets = new LRUCache<string, Buffer>({ max: cachedTenantsMax });

const phoneSecret = z.object({ v: storedVersion, secret: z.instanceof(Uint8Array) });

const keyOf = (tenant: string) => ({ pk: `PHONE-SECRET#${tenant}`, sk: 'PHONE-SECRET' });

async function find(tenant: string): Promise<Buffer | undefined> {
  const { Item } = await documents().send(
    new GetCommand({ TableName: tableName('messaging'), Key: keyOf(tenant), ConsistentRead: true }),
  );
  return Item && Buffer.from(phoneSecret.parse(Item).secret);
}

/** The first caller's secret stays: another one would give phones other names. */
async function make(tenant: string): Promise<Buffer> {
  const secret = randomBytes(32);
  try {
    await documents().send(
      new PutCommand({
        TableName: tableName('messaging'),
        Item: { ...keyOf(tenant), secret },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return secret;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return present(await find(tenant), 'a phone secret that exists is never deleted');
  }
}

/** Who gives out names for phones of one tenant. */
export type NameOf = (phone: string) => string;

/**
 * The name under which a phone's record is kept: a keyed hash (HMAC-SHA-256, of which 128 bits suffice), since names are in logs and
 * audit records, and a plain hash of a phone is found by trying all phones. The key is the tenant's own, drawn once, and in the table only.
 *
 * @returns `undefined` for a tenant that has none, and so no phones; with `create` it gets one.
 */
export async function phoneNames(tenant: string, create: true): Promise<NameOf>;
export async function phoneNames(tenant: string, create: false): Promise<NameOf | undefined>;
export async function phoneNames(tenant: string, create: boolean): Promise<NameOf | undefined> {
  const secret = await secretOf(tenant, create);
  if (!secret) return undefined;
  return (phone) => `~${createHmac('sha256', secret).update(phone).digest('base64url').slice(0, 22)}`;
}

async function secretOf(tenant: string, create: boolean): Promise<Buffer | undefined> {
  const secret = secrets.get(tenant) ?? (await find(tenant)) ?? (create ? await make(tenant) : undefined);
  if (secret) secrets.set(tenant, secret);
  return secret;
}
