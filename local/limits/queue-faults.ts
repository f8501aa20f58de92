import { randomOf } from '../random.ts';
import type { Limits } from './limits.ts';

/** Deliveries that were made twice, and messages that were delivered late. */
export type QueueFaultCounts = Record<'doubled' | 'late', number>;

/** What standard queues do that the local engine does not: double deliveries, and deliveries out of order. */
export interface QueueFaults {
  /** Draws whether a delivery is made twice, at the same time. */
  isDoubled(): boolean;
  /** Draws how many milliseconds late a message is delivered; 0 is in time. */
  lateMs(): number;
  counts(): Readonly<QueueFaultCounts>;
}

const lateMsMax = 2_000;

/** @param limits asked for at each message, so that they can change meanwhile. */
export function makeQueueFaults(limits: () => Limits): QueueFaults {
  const random = randomOf(limits().seed);
  const counts: QueueFaultCounts = { doubled: 0, late: 0 };
  return {
    isDoubled() {
      const isDoubled = random() < limits().doubledShare;
      if (isDoubled) counts.doubled++;
      return isDoubled;
    },
    lateMs() {
      if (random() >= limits().lateShare) return 0;
      counts.late++;
      return random() * lateMsMax;
    },
    counts: () => ({ ...counts }),
  };
}
