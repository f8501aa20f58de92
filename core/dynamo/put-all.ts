import { chunksOf, inParallel } from '../parallel.ts';
import { AnswerLost } from './errors.ts';
import { putsPerWriteMax } from './limits.ts';
import type { RetryingStore } from './retry.ts';
import type { Item } from './store.ts';

/**
 * Requests of one writer in flight: more gains nothing against one partition, and takes capacity from its
 * neighbours.
 */
const requestsAtOnceMax = 8;

/**
 * Puts any number of items without conditions, 25 in a request. What DynamoDB left unprocessed, or did not
 * answer for, is sent again after a pause: so no other writer may have these items, and their content may
 * never change.
 *
 * @throws Unavailable at the deadline of the store; any part of the items may then be there.
 */
export async function putAll(store: RetryingStore, table: string, items: readonly Item[]): Promise<void> {
  await inParallel(chunksOf(items, putsPerWriteMax), requestsAtOnceMax, async (chunk) => {
    const wait = store.backoff();
    // Ends at the deadline, by the backoff.
    for (let left = chunk; left.length > 0; ) {
      const { unprocessed } = await store.putMany(table, left).catch((error: unknown) => {
        if (error instanceof AnswerLost) return { unprocessed: left };
        throw error;
      });
      if (unprocessed.length > 0) await wait();
      left = unprocessed;
    }
  });
}
