import * as z from 'zod';

/** Where Cliniko keeps accounts whose keys name no shard (Cliniko API documentation, "Base URL"). */
const defaultShard = 'au1';

/** The shard goes into a host name, so nothing else may be taken for one. */
const shardPattern = /^[a-z]{2}\d{1,2}$/;

/**
 * The shard of an account: what follows the last `-` of its API key.
 *
 * @returns `undefined` if something else follows.
 */
export function shardOf(apiKey: string): string | undefined {
  const dash = apiKey.lastIndexOf('-');
  if (dash === -1) return defaultShard;
  const shard = apiKey.slice(dash + 1);
  return shardPattern.test(shard) ? shard : undefined;
}

/** An API key of Cliniko. It is the user name of Basic authentication, where a colon would end it (RFC 7617 §2). */
export const ApiKey = z
  .string()
  .regex(/^[!-9;-~]{8,512}$/, 'must be 8 to 512 printable ASCII characters without spaces and colons')
  .refine((key) => shardOf(key) !== undefined, 'must end in the shard of the account, such as -au1');

/** Where the API of a shard is. `CLINIKO_BASE_URL` takes its place in local runs and tests. */
export const baseUrlOf = (apiKey: string): string =>
  (process.env.CLINIKO_BASE_URL || `https://api.${shardOf(apiKey) ?? defaultShard}.cliniko.com/v1`).replace(
    /\/$/,
    '',
  );
