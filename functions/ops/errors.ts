import type { Spelling } from '../../core/http/problem.ts';
import { fastApi } from '../patients/errors.ts';

/** A service that is not ready says which part it waits for; everything else as on the other paths that belong to no system. */
export const readiness: Spelling = (problem) =>
  problem.code === 'unavailable' && 'checks' in problem.details
    ? { body: { status: 'unavailable', ...problem.details } }
    : fastApi(problem);
