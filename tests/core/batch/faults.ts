import { AnswerLost, Busy } from '../../../core/dynamo/errors.ts';
import type { Store } from '../../../core/dynamo/store.ts';

/** Pseudorandom numbers from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The process is dead; nothing after this call happens. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** The life of one delivery: any call that goes through it may be its last. */
export interface Life {
  /** Makes a call outside, which the delivery may not survive, or whose answer may be lost. */
  call<T>(request: () => Promise<T>): Promise<T>;
  readonly dead: boolean;
  /** Ends the life: every later call throws Crash. */
  kill(): void;
}

/** Probabilities from 0 to 1. */
export interface Chances {
  /** That the delivery dies at one of its first calls, before or after the call took effect. */
  crash: number;
  /** That the answer of a call is lost. */
  lost: number;
  /** That a call is refused, as by a conflict of transactions. */
  refused: number;
}

export const peaceful: Chances = { crash: 0, lost: 0, refused: 0 };

/** A life without faults. */
export const immortal: Life = { call: (request) => request(), dead: false, kill: () => {} };

export function life(random: () => number, chances: Chances, calls = 8): Life {
  let left = random() < chances.crash ? Math.floor(random() * calls) : Number.POSITIVE_INFINITY;
  let dead = false;
  return {
    get dead() {
      return dead;
    },
    kill: () => {
      dead = true;
    },
    async call(request) {
      if (dead) throw new Crash();
      if (left-- === 0) {
        const sent = random() < 0.5;
        dead = true;
        if (sent) await request().catch(() => undefined);
        throw new Crash();
      }
      if (random() < chances.refused) throw new Busy('TransactionConflict');
      const answer = await request();
      if (random() < chances.lost) throw new AnswerLost('the answer was lost');
      if (dead) throw new Crash();
      return answer;
    },
  };
}

/** A store as one delivery sees it. */
export const storeOf = (store: Store, { call }: Life): Store => ({
  get: (...given) => call(() => store.get(...given)),
  getMany: (...given) => call(() => store.getMany(...given)),
  getTogether: (...given) => call(() => store.getTogether(...given)),
  query: (...given) => call(() => store.query(...given)),
  put: (...given) => call(() => store.put(...given)),
  update: (...given) => call(() => store.update(...given)),
  remove: (...given) => call(() => store.remove(...given)),
  putMany: (...given) => call(() => store.putMany(...given)),
  transact: (...given) => call(() => store.transact(...given)),
});
