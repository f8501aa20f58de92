import { createHash } from 'node:crypto';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { documents, tableName } from '../../../core/dynamo/tables.ts';
import { setting } from '../../../core/environment.ts';
import { takeCall } from '../../../core/http/rate-limit.ts';

/**
 * A minute, and how much later than another one a request may arrive after it was counted here: within any minute of Cliniko's clock
 * there are then no more than are allowed. In seconds.
 */
const windowSeconds = 62;

/** Requests a minute that Cliniko takes from one key. */
const callsPerMinute = (): number =>
  Number(setting('CLINIKO_CALLS_PER_MINUTE', 'it comes from `clinikoCallsPerMinute` of the stage'));

/** Whom the budget belongs to: all containers and organisations that share a key. The key itself is stored nowhere. */
const ownerOf = (apiKey: string): string =>
  createHash('sha256').update(`cliniko ${apiKey}`).digest('base64url');

const pauseKey = (apiKey: string) => ({ pk: `CLINIKO-PAUSE#${ownerOf(apiKey)}` });

/**
 * Takes one request out of the budget of an API key.
 *
 * @param now milliseconds since the epoch.
 * @returns `undefined` if the request may be sent, else when to ask again, in milliseconds since the epoch.
 */
export async function takeRequest(apiKey: string, now: number): Promise<number | undefined> {
  const { Item } = await documents().send(
    new GetCommand({ TableName: tableName('guards'), Key: pauseKey(apiKey), ConsistentRead: true }),
  );
  if (Number(Item?.until) > now) return Number(Item?.until);
  const limit = { calls: callsPerMinute(), seconds: windowSeconds, per: 'user' } as const;
  const { admitted, resetAt } = await takeCall(`cliniko ${ownerOf(apiKey)}`, limit, now);
  return admitted ? undefined : resetAt;
}

/** Keeps everyone who shares a key from asking before the instant that Cliniko announced. */
export async function pauseRequests(apiKey: string, until: number): Promise<void> {
  const Item = { ...pauseKey(apiKey), until, expires_at: Math.ceil(until / 1000) + 60 };
  await documents().send(new PutCommand({ TableName: tableName('guards'), Item }));
}
