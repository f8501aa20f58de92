/** The forms of a date in HTTP: its own, and those of RFC 850 and of C's asctime (RFC 9110 §5.6.7). */
const httpDate =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

/**
 * The delay that a `Retry-After` asks for, in milliseconds; 0 without one, for a time that has passed, and
 * for a text that is neither seconds nor a date (RFC 9110 §10.2.3).
 *
 * @param now milliseconds since the epoch.
 */
export function retryAfterMs(value: string | undefined, now: number): number {
  const text = (value ?? '').trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  if (!httpDate.test(text)) return 0;
  const instant = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(instant) ? 0 : Math.max(0, instant - now);
}
