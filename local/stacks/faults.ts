import type { Tx } from './ledger.ts';

/** What a test may have the node do wrong. Every chance is from 0 to 1. */
export interface Faults {
  seed?: number;
  /** That a request is carried out, and its answer lost. */
  lost?: number;
  /** That a request is answered with 503, without being carried out. */
  busy?: number;
  /** For how many milliseconds the API does not know what the node has taken. */
  lag?: number;
  /** By content id: the reason with which a call for it is rejected. */
  reject?: Record<string, string>;
  /** By content id: the reason with which a call for it is rejected that was taken before. */
  deny?: Record<string, string>;
  /** Micro-STX below which a transaction is taken and never mined. */
  minFee?: number;
  /** Content ids whose calls the chain aborts. */
  abort?: string[];
}

/** The faults of one node; those of the chain itself are drawn by content, so that a replay sees the same. */
export function makeFaults() {
  let faults: Faults = {};
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const contentOf = ({ call }: Tx): string => {
    const [first] = call.args;
    return first?.type === 'ascii' ? String(first.value) : '';
  };
  return {
    set(given: Faults): void {
      faults = given;
      state = given.seed ?? 1;
    },
    /** What befalls a request. */
    fate(): 'lost' | 'busy' | 'none' {
      const drawn = random();
      if (drawn < (faults.lost ?? 0)) return 'lost';
      return drawn < (faults.lost ?? 0) + (faults.busy ?? 0) ? 'busy' : 'none';
    },
    isKnown: (tx: Tx): boolean => Date.now() - tx.takenAt >= (faults.lag ?? 0),
    denial: (tx: Tx): string | undefined => faults.deny?.[contentOf(tx)],
    rejection: (tx: Tx): string | undefined => faults.reject?.[contentOf(tx)],
    stalls: (tx: Tx): boolean => tx.fee < BigInt(faults.minFee ?? 0),
    aborts: (tx: Tx): boolean => faults.abort?.includes(contentOf(tx)) ?? false,
  };
}
