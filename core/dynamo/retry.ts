import type { Deps } from '../deps.ts';
import { AnswerLost, Busy, Unavailable } from './errors.ts';
import type { Store } from './store.ts';

/** The longest first pause, which doubles up to the longest of all. */
const firstPauseMs = 8;
const pauseMsMax = 400;

type RetryDeps = Pick<Deps, 'now' | 'random' | 'pause'>;

/**
 * Waits before another try.
 *
 * @param cause of the wait, kept as the cause of the error.
 * @throws Unavailable if the wait would pass the deadline.
 */
type Backoff = (cause?: unknown) => Promise<void>;

/**
 * A backoff with exponential pauses and full jitter, so that rivals part (Brooker, "Exponential Backoff and
 * Jitter"), until a deadline.
 *
 * @param deadlineMs milliseconds since the Unix epoch.
 */
function backoffUntil(deps: RetryDeps, deadlineMs: number): Backoff {
  let longestMs = firstPauseMs;
  return async (cause) => {
    if (deps.now() + longestMs > deadlineMs)
      throw new Unavailable('DynamoDB did not take a request in time', { cause });
    await deps.pause(longestMs * deps.random());
    longestMs = Math.min(2 * longestMs, pauseMsMax);
  };
}

/** A store that sends again what is safe to send again, within one budget of time. */
export interface RetryingStore extends Store {
  /** A backoff within the same budget, for loops around several requests. */
  backoff(): Backoff;
}

type Resent = 'busy' | 'busy or lost';

/**
 * Sends again what DynamoDB did not take, and what got no answer where a second sending is harmless: reads,
 * and single writes, whose conditions tell their own effect. A transaction without an answer (its reasons
 * tell which of its parts were there already) and a put of many items without conditions are left to the
 * caller, as AnswerLost.
 *
 * @param deadlineMs until when a request is tried, in milliseconds since the Unix epoch; asked for when a
 * request begins.
 * @throws Unavailable at the deadline.
 */
export function retrying(store: Store, deps: RetryDeps, deadlineMs: () => number): RetryingStore {
  const backoff = () => backoffUntil(deps, deadlineMs());
  const send = async <R>(request: () => Promise<R>, resent: Resent = 'busy or lost'): Promise<R> => {
    const wait = backoff();
    // Ends at the deadline, by the backoff.
    for (;;) {
      try {
        return await request();
      } catch (error) {
        const mayResend = error instanceof Busy || (error instanceof AnswerLost && resent === 'busy or lost');
        if (!mayResend) throw error;
        await wait(error);
      }
    }
  };
  return {
    backoff,
    get: (table, key) => send(() => store.get(table, key)),
    getMany: (table, keys, attributes, consistency) =>
      send(() => store.getMany(table, keys, attributes, consistency)),
    getTogether: (table, keys) => send(() => store.getTogether(table, keys)),
    query: (query) => send(() => store.query(query)),
    put: (put) => send(() => store.put(put)),
    update: (update) => send(() => store.update(update)),
    remove: (remove) => send(() => store.remove(remove)),
    putMany: (table, items) => send(() => store.putMany(table, items), 'busy'),
    transact: (actions, token) => send(() => store.transact(actions, token), 'busy'),
  };
}
