import * as z from 'zod';
import { present } from '../../../core/invariant.ts';

/** Shard of accounts whose keys name none (Cliniko API documentation, "Base URL"). */
const defaultShard = 'au1';

/** Strict, because the shard becomes part of a host name. */
const shardPattern = /^[a-z]{2}\d{1,2}$/;

/**
 * The shard of an account: the part of its API key after the last `-`.
 *
 * @returns `undefined` if that part is no shard.
 */
export function shardOf(apiKey: string): string | undefined {
  const dash = apiKey.lastIndexOf('-');
  if (dash === -1) return defaultShard;
  const shard = apiKey.slice(dash + 1);
  return shardPattern.test(shard) ? shard : undefined;
}

/**
 * An API key of Cliniko. It is the user name of Basic authentication, which a colon would end (RFC 7617 §2).
 */
export const ApiKey = z
  .string('must be a text; left out, the key stays as it is')
  .trim()
  .regex(/^[!-9;-~]{8,512}$/, 'must be 8 to 512 printable ASCII characters without spaces and colons')
  // A form that shows a masked key sends the mask back, which would replace the key.
  .refine((key) => !key.includes('***'), 'must be the key itself, not asterisks in its place')
  .refine((key) => shardOf(key) !== undefined, 'must end in the shard of the account, such as -au1');

/**
 * Base URL of the account's shard, without a slash at the end. `CLINIKO_BASE_URL` replaces it in local runs
 * and tests.
 */
export const baseUrlOf = (apiKey: string): string =>
  (
    process.env.CLINIKO_BASE_URL ||
    `https://api.${present(shardOf(apiKey), 'an API key was checked before it was stored')}.cliniko.com/v1`
  ).replace(/\/$/, '');
