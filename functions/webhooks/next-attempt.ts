const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * Delay of each attempt after the one before (Standard Webhooks, "Deliverability and reliability"): 31.6
 * hours in all.
 */
const delaysMs = [0, 5_000, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 5 * hourMs, 10 * hourMs, 14 * hourMs];

/**
 * Time of the next attempt, in milliseconds since the epoch; `undefined` after the last one.
 *
 * @param attempts number of attempts so far.
 * @param retryAfter delay that the receiver asked for, in milliseconds; at most 14 hours count.
 * @param now milliseconds since the epoch.
 * @param random 0..1: adds up to a tenth of the delay (jitter), so that a recovered receiver does not get all
 * messages at once.
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
