/**
 * No limits, for tests that need more calls than one user has. One set of settings for many tests, since each
 * different one is synthesised anew.
 */
export const unlimitedRates = {
  rateLimits: { 'patients.create': 'off', 'patients.update': 'off', 'patients.remove': 'off' },
};
