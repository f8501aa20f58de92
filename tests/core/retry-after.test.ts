import { expect, test } from 'vitest';
import { retryAfterMs } from '../../core/retry-after.ts';

const now = Date.UTC(2026, 0, 1);

test.each([
  ['60', 60_000],
  [' 5 ', 5_000],
  ['0', 0],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
  ['Thu Jan  1 00:01:00 2026', 60_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
])('%s asks for %d milliseconds', (value, milliseconds) => {
  expect(retryAfterMs(value, now)).toBe(milliseconds);
});

test.each([undefined, '', 'soon', '-1', '1.5', '1e3', '2026-01-02', '99999999999'])(
  '%s asks for nothing',
  (value) => {
    expect(retryAfterMs(value, now)).toBe(0);
  },
);
