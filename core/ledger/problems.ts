import { Problem } from '../http/problem.ts';
import { Conflict, IdTaken, LostClaim, OutOfTime, TooManyRecords, TooManyTenants } from './errors.ts';

/** What a caller is told when a batch could not be written; `undefined` for errors that are not of this family. */
export function asProblem(error: unknown): Problem | undefined {
  if (error instanceof Conflict)
    return new Problem('conflict', 'Another request is changing the same records', { retryAfter: 1 });
  if (error instanceof IdTaken) return new Problem('conflict', 'A record with this id exists already');
  if (error instanceof LostClaim)
    return new Problem('in_flight', 'Another request with this Idempotency-Key took over', { retryAfter: 1 });
  if (error instanceof OutOfTime)
    return new Problem('unavailable', 'The request could not be finished in time', { retryAfter: 5 });
  if (error instanceof TooManyRecords || error instanceof TooManyTenants)
    return new Problem('too_large', error.message);
  return undefined;
}
