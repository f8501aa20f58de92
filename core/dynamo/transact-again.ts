import { AnswerLost } from './errors.ts';
import type { RetryingStore } from './retry.ts';
import type { Action, Transacted } from './store.ts';

/**
 * Sends a transaction again when its answer is lost. Only for actions whose conditions show what an earlier
 * sending did.
 *
 * @throws Unavailable at the deadline of the store.
 */
export async function transactAgain(store: RetryingStore, actions: Action[]): Promise<Transacted> {
  const wait = store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    try {
      return await store.transact(actions);
    } catch (error) {
      if (!(error instanceof AnswerLost)) throw error;
      await wait(error);
    }
  }
}
