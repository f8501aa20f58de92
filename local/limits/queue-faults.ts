import { randomOf } from '../random.ts';
import type { Limits } from './limits.ts';

/** What standard queues do that the local engine does not: double deliveries, and deliveries out of order. */
export interface QueueFaults {
  /** Draws whether a batch of messages is delivered a second time, at the same time. */
  isDoubled(): boolean;
  /** Draws how many milliseconds late a message is delivered; 0 is in time. */
  lateMs(): number;
}

const lateMsMax = 2_000;

/** @param limits asked for at each message, so that they can change meanwhile. */
export function makeQueueFaults(limits: () => Limits): QueueFaults {
  const random = randomOf(limits().seed);
  return {
    isDoubled: () => random() < limits().doubledShare,
    lateMs: () => (random() < limits().lateShare ? random() * lateMsMax : 0),
  };
}
