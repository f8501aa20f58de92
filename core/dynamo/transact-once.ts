import type { Deps } from '../deps.ts';
import { AnswerLost } from './errors.ts';
import type { RetryingStore } from './retry.ts';
import type { Action, Transacted } from './store.ts';

/**
 * One transaction, whatever happens to its answers: each sending carries the same ClientRequestToken, so that
 * DynamoDB takes a second sending within ten minutes for the first (API reference, TransactWriteItems).
 *
 * @throws Unavailable at the deadline of the store: the transaction then took effect as a whole, or not at
 * all, or still will.
 */
export async function transactOnce(
  store: RetryingStore,
  { unique }: Pick<Deps, 'unique'>,
  actions: Action[],
): Promise<Transacted> {
  const token = unique();
  const wait = store.backoff();
  // Ends at the deadline, by the backoff.
  for (;;) {
    try {
      return await store.transact(actions, token);
    } catch (error) {
      if (!(error instanceof AnswerLost)) throw error;
      await wait(error);
    }
  }
}
