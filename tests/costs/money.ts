import type { Consumed } from './consumed.ts';
import { billedMs, prices } from './prices.ts';

/** Memory of nearly all functions, in gigabytes. */
const memoryGb = 1;

/** Dollars for so many invocations. */
export const invocationDollars = (invocations: number, gb = memoryGb): number =>
  invocations * (prices.invocation + (billedMs / 1_000) * gb * prices.gbSecond);

/** Dollars for what a job consumed, without what texts, storage and traffic cost. */
export const dollarsOf = (consumed: Consumed): number =>
  consumed.write * prices.writeUnit +
  consumed.read * prices.readUnit +
  consumed.sqs * prices.sqsRequest +
  consumed.s3 * prices.s3Request +
  consumed.secrets * prices.secretRequest +
  consumed.kms * prices.kmsRequest +
  consumed.transitions * prices.transition +
  consumed.calls * prices.apiCall +
  invocationDollars(consumed.invocations);
