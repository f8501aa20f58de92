import { CodedProblem } from '../../core/http/coded-problem.ts';
import { clinikoFaults, type FaultName } from './faults.ts';

/** What a caller who waits is told of a fault of Cliniko. */
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
