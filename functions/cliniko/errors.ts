import { CodedProblem } from '../../core/http/coded-problem.ts';
import { clinikoFaults, type FaultName } from './faults.ts';

/** A fault of Cliniko as the problem that a waiting caller gets. */
export function problemOf(
  name: FaultName,
  details: Record<string, unknown>,
  retryAfter?: number,
): CodedProblem {
  const { code, status, text } = clinikoFaults[name];
  return new CodedProblem('unavailable', code, text, {
    status,
    details,
    ...(retryAfter ? { retryAfter } : {}),
  });
}
