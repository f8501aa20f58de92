import { AsyncLocalStorage } from 'node:async_hooks';

const deadlines = new AsyncLocalStorage<number>();

/**
 * Runs work that has to end by a deadline. All retries on its behalf stop there, so that a caller gets our
 * own 503 and a worker fails in an orderly way, instead of being cut off by Lambda's timeout. An outer
 * deadline that is earlier stays in force.
 *
 * @param deadlineMs milliseconds since the Unix epoch.
 */
export const within = <R>(deadlineMs: number, work: () => R): R =>
  deadlines.run(Math.min(deadlineMs, currentDeadlineMs()), work);

/** The deadline of the work under way, in milliseconds since the Unix epoch; infinity outside of any. */
export const currentDeadlineMs = (): number => deadlines.getStore() ?? Number.POSITIVE_INFINITY;

/** Time between the end of retries and Lambda's timeout: enough to clear up, to answer and to log. */
const marginMs = 2_000;

/** Runs the work of one Lambda invocation, which ends somewhat before Lambda's own timeout. */
export const withinInvocation = <R>(
  { getRemainingTimeInMillis }: { getRemainingTimeInMillis(): number },
  work: () => R,
): R => within(Date.now() + getRemainingTimeInMillis() - marginMs, work);
