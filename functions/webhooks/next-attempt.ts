const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Milliseconds before each attempt, counted from the one before (Standard Webhooks, "Deliverability and reliability"): 31.6 hours in all. */
const delaysMs = [0, 5_000, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 5 * hourMs, 10 * hourMs, 14 * hourMs];

/**
 * When to try again after so many attempts, in milliseconds since the epoch; `undefined` when it was the last.
 *
 * @param retryAfter what the receiver asked for, in milliseconds.
 * @param random 0..1: up to a tenth is added, so that a receiver that comes back is not met by all at once.
 */
export function nextAttempt(
  attempts: number,
  retryAfter: number,
  now: number,
  random: number,
): number | undefined {
  const delay = delaysMs[attempts];
  if (delay === undefined) return undefined;
  return now + Math.max(delay, Math.min(retryAfter, 14 * hourMs)) * (1 + random / 10);
}
