import type { Endpoint } from '../../core/contract/endpoint.ts';
import { endpoints } from '../../functions/index.ts';

/**
 * No limits, for tests that need more calls than one user has. One set of settings for many tests, since each
 * different one is synthesised anew.
 */
export const unlimitedRates = {
  rateLimits: Object.fromEntries(
    Object.entries(endpoints).flatMap(([system, contracts]) =>
      Object.entries<Endpoint>(contracts).flatMap(([name, { limit }]) =>
        limit ? [[`${system}.${name}`, 'off'] as const] : [],
      ),
    ),
  ),
};
