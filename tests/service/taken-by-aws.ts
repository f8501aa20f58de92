import type { Running } from '../../local/start.ts';

/** @throws Error with the DynamoDB requests of a run that AWS would have refused, each of them once. */
export function assertTakenByAws({ strictViolations }: Pick<Running, 'strictViolations'>): void {
  const found = [...new Set(strictViolations())];
  if (found.length > 0)
    throw new Error(`AWS's DynamoDB refuses requests that were sent:\n${found.join('\n')}`);
}
