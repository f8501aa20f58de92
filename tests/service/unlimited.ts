/** Limits that no test reaches. One set of settings for many tests, since each different one is synthesised anew. */
export const unlimitedRates = {
  rateLimits: { 'patients.create': '999/60', 'patients.update': '999/60', 'patients.remove': '999/60' },
};
