/** Runs in each test file, before it: fails each test on the DynamoDB requests that were refused meanwhile. */
import { afterAll, afterEach, inject } from 'vitest';
import { assertNoneRefused, watchRefusals } from './refusals.ts';

/** The service that all test files share; project `parts` has none. */
const url: string | undefined = inject('url');

/**
 * What the shared service has had refused. Another file runs at the same time, and queues deliver later: the
 * role before each refusal tells which function sent it.
 */
async function refusedByShared(): Promise<string[]> {
  const response = await fetch(`${url}/_local/refused`);
  const refusals = (await response.json()) as string[];
  return refusals.map(
    (refusal) =>
      `${refusal} (perhaps for the file that runs beside this one, or for an earlier test's queue)`,
  );
}

if (url) watchRefusals(refusedByShared, (await refusedByShared()).length);

afterEach(assertNoneRefused);
// What hooks and closing services sent.
afterAll(assertNoneRefused);
