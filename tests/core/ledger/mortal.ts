import type { Store } from '../../../core/dynamo/store.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The fate of one invocation of a function. */
export interface Fate {
  /** It dies with the request of this number, sent or not. */
  crashAt?: number;
  /**
   * It freezes at the request of this number for `freezeFor` milliseconds, as Lambda freezes an environment.
   */
  freezeAt?: number;
  freezeFor?: number;
  /** The longest life of an invocation, in milliseconds. */
  life: number;
}

export interface Mortal {
  store: Store;
  pause(milliseconds: number): Promise<void>;
}

/**
 * A store for one invocation. A dead invocation sends no request and gets no answer; its requests in flight
 * still take effect.
 */
export function mortal(
  store: Store,
  time: Pick<VirtualTime, 'now' | 'sleep' | 'chance'>,
  fate: Fate,
): Mortal {
  const never = new Promise<never>(() => undefined);
  const end = time.now() + fate.life;
  let requests = 0;
  let dead = false;
  let frozenUntil = 0;
  const alive = async () => {
    if (frozenUntil > time.now()) await time.sleep(frozenUntil - time.now());
    if (dead || time.now() > end) await never;
  };
  const pass = async <R>(send: () => Promise<R>): Promise<R> => {
    await alive();
    requests++;
    if (requests === fate.crashAt) {
      dead = true;
      if (time.chance(0.5)) send().catch(() => undefined);
      return never;
    }
    if (requests === fate.freezeAt) {
      frozenUntil = time.now() + (fate.freezeFor ?? 0);
      if (time.chance(0.5)) await alive();
    }
    try {
      const result = await send();
      await alive();
      return result;
    } catch (error) {
      await alive();
      throw error;
    }
  };
  return {
    store: {
      get: (...args) => pass(() => store.get(...args)),
      getMany: (...args) => pass(() => store.getMany(...args)),
      getTogether: (...args) => pass(() => store.getTogether(...args)),
      query: (...args) => pass(() => store.query(...args)),
      put: (...args) => pass(() => store.put(...args)),
      update: (...args) => pass(() => store.update(...args)),
      remove: (...args) => pass(() => store.remove(...args)),
      putMany: (...args) => pass(() => store.putMany(...args)),
      transact: (...args) => pass(() => store.transact(...args)),
    },
    pause: async (milliseconds) => {
      await time.sleep(milliseconds);
      await alive();
    },
  };
}
