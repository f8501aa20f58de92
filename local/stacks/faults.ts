import { randomOf } from '../random.ts';
import type { Tx } from './ledger.ts';

/** Faults that a test can set at the node. Each probability is from 0 to 1. */
export interface Faults {
  seed?: number;
  /** Probability that a request takes effect, but its answer is lost. */
  lost?: number;
  /** Probability that a request is answered with 503 and has no effect. */
  busy?: number;
  /** Delay in milliseconds until the API shows a transaction that the node has accepted. */
  lag?: number;
  /** Reason for rejecting a call, by its content id. */
  reject?: Record<string, string>;
  /** Reason for rejecting a call that was accepted before, by its content id. */
  deny?: Record<string, string>;
  /** Fee in micro-STX below which a transaction is accepted, but never mined. */
  minFee?: number;
  /** Content ids whose calls the chain aborts. */
  abort?: string[];
}

/**
 * The faults of one node. Those of the chain depend on the content id only, so that a replay repeats them.
 */
export function makeFaults() {
  let faults: Faults = {};
  let random = randomOf(1);
  const contentOf = ({ call }: Tx): string => {
    const [first] = call.args;
    return first?.type === 'ascii' ? String(first.value) : '';
  };
  return {
    set(given: Faults): void {
      faults = given;
      random = randomOf(given.seed ?? 1);
    },
    /** Draws the fault of one request. */
    fate(): 'lost' | 'busy' | 'none' {
      const drawn = random();
      const { lost = 0, busy = 0 } = faults;
      if (drawn < lost) return 'lost';
      return drawn < lost + busy ? 'busy' : 'none';
    },
    isKnown: (tx: Tx): boolean => Date.now() - tx.takenAt >= (faults.lag ?? 0),
    denial: (tx: Tx): string | undefined => faults.deny?.[contentOf(tx)],
    rejection: (tx: Tx): string | undefined => faults.reject?.[contentOf(tx)],
    stalls: (tx: Tx): boolean => tx.fee < BigInt(faults.minFee ?? 0),
    aborts: (tx: Tx): boolean => faults.abort?.includes(contentOf(tx)) ?? false,
  };
}
