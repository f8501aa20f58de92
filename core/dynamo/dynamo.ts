import { currentDeadlineMs } from '../deadline.ts';
import { systemDeps } from '../deps.ts';
import { dynamoStore } from './dynamo-store.ts';
import { type RetryingStore, retrying } from './retry.ts';

/** Budget of one request, unless the work under way has less time left. */
const requestBudgetMs = 45_000;

let store: RetryingStore | undefined;

/**
 * The tables as this container reaches them, with retries until the deadline of the work under way. Made on
 * first use.
 */
export function dynamo(): RetryingStore {
  store ??= retrying(dynamoStore(), systemDeps, () =>
    Math.min(systemDeps.now() + requestBudgetMs, currentDeadlineMs()),
  );
  return store;
}
