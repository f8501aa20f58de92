import { randomOf } from '../random.ts';
import type { Fork } from './ledger.ts';
import type { Call } from './transaction.ts';

/** Faults that a test can set at the node. Each probability is from 0 to 1. */
export interface Faults {
  seed?: number;
  /** Probability that a request takes effect, but its answer is lost. */
  lost?: number;
  /** Probability that a request is answered with 503 and has no effect. */
  busy?: number;
  /** Time by which the API lags behind its node, in milliseconds. */
  lag?: number;
  /**
   * Several nodes behind one address, each by the time in milliseconds by which it lags behind the chain. A
   * request goes to any of them.
   */
  replicas?: number[];
  /** A fork that happens when it is set. */
  fork?: Fork;
  /** Reason for rejecting a call, by its content id. */
  reject?: Record<string, string>;
  /** Reason for rejecting a call that was accepted before, by its content id. */
  deny?: Record<string, string>;
  /** Reason that is answered to a call that is accepted all the same, by its content id. */
  misanswer?: Record<string, string>;
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
  const contentOf = ({ call }: Call): string => {
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
    /** Draws the node that answers a request, by the time in milliseconds by which it and its API lag. */
    lags(): { node: number; api: number } {
      const { replicas = [0], lag = 0 } = faults;
      const node = replicas[Math.floor(random() * replicas.length)] ?? 0;
      return { node, api: node + lag };
    },
    denial: (tx: Call): string | undefined => faults.deny?.[contentOf(tx)],
    rejection: (tx: Call): string | undefined => faults.reject?.[contentOf(tx)],
    misanswer: (tx: Call): string | undefined => faults.misanswer?.[contentOf(tx)],
    stalls: (tx: Call): boolean => tx.fee < BigInt(faults.minFee ?? 0),
    aborts: (tx: Call): boolean => faults.abort?.includes(contentOf(tx)) ?? false,
  };
}
