import type { Deps } from '../../../core/deps.ts';
import { retrying } from '../../../core/dynamo/retry.ts';
import type { Store } from '../../../core/dynamo/store.ts';

/** Virtual time: a pause takes none, and is recorded. */
export function virtualDeps(random = 0.5): Deps & { pauses: number[] } {
  let now = 0;
  let names = 0;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    random: () => random,
    pause: async (milliseconds) => {
      pauses.push(milliseconds);
      now += milliseconds;
    },
    unique: () => `token-${names++}`,
  };
}

const unexpected = () => Promise.reject(new Error('this request was not expected'));

/** A port that answers as a test says. */
export const portOf = (answers: Partial<Store>): Store => ({
  ...{ get: unexpected, getMany: unexpected, getTogether: unexpected, query: unexpected, put: unexpected },
  ...{ update: unexpected, remove: unexpected, putMany: unexpected, transact: unexpected },
  ...answers,
});

/** The same with retries for a second of virtual time. */
export const retryingPort = (answers: Partial<Store>, deps: Deps = virtualDeps()) =>
  retrying(portOf(answers), deps, () => deps.now() + 1_000);
