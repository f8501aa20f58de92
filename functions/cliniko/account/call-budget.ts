import { createHash } from 'node:crypto';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { assertVersion } from '../../../core/dynamo/version.ts';
import { setting } from '../../../core/environment.ts';
import { takeCall } from '../../../core/http/rate-limit.ts';

/**
 * Window of our own count: Cliniko's minute and two seconds for requests that arrive late, so that within any
 * minute of Cliniko's clock there are never more than allowed.
 */
const windowSeconds = 62;

/** Requests per minute that Cliniko accepts with one key. */
const callsPerMinute = (): number =>
  Number(setting('CLINIKO_CALLS_PER_MINUTE', 'it comes from `clinikoCallsPerMinute` of the stage'));

/**
 * Id of the budget, shared by all containers and organisations with the same key. A digest, so that the key
 * is stored nowhere.
 */
const ownerOf = (apiKey: string): string =>
  createHash('sha256').update(`cliniko ${apiKey}`).digest('base64url');

const pauseKey = (apiKey: string) => ({ pk: `CLINIKO-PAUSE#${ownerOf(apiKey)}` });

/**
 * Takes one request from the budget of an API key.
 *
 * @param now milliseconds since the epoch.
 * @returns `undefined` if the request may be sent, otherwise the time to try again, in milliseconds since the
 * epoch.
 */
export async function takeRequest(apiKey: string, now: number): Promise<number | undefined> {
  const pause = await dynamo().get(tableName('guards'), pauseKey(apiKey));
  assertVersion(pause ?? {}, 'pause of an API key');
  if (Number(pause?.until) > now) return Number(pause?.until);
  const limit = { calls: callsPerMinute(), seconds: windowSeconds, per: 'user' } as const;
  const { admitted, resetAt } = await takeCall(`cliniko ${ownerOf(apiKey)}`, limit, now);
  return admitted ? undefined : resetAt;
}

/**
 * Stops requests with an API key, by all that share it, until the reset that Cliniko announced.
 *
 * @param until milliseconds since the epoch.
 */
export async function pauseRequests(apiKey: string, until: number): Promise<void> {
  const Item = { ...pauseKey(apiKey), until, expires_at: Math.ceil(until / 1000) + 60 };
  await dynamo().put({ TableName: tableName('guards'), Item });
}
