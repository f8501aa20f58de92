import { fastApi } from '../../core/fastapi/fast-api.ts';
import type { Spelling } from '../../core/http/problem.ts';

/**
 * Names the dependencies that do not answer. Other problems are worded as on all paths that belong to no
 * system.
 */
export const readiness: Spelling = (problem) =>
  problem.code === 'unavailable' && 'checks' in problem.details
    ? { body: { status: 'unavailable', ...problem.details } }
    : fastApi(problem);
