/**
 * A DynamoDB request that is refused as invalid fails the test in which it is sent, also where the code copes
 * with it: on AWS it would fail all the more.
 */

/** All requests so far that a service or a client has had refused, oldest first. */
type Found = () => readonly string[] | Promise<readonly string[]>;

interface Watched {
  readonly found: Found;
  /** How many of them were reported, or are not of this file. */
  reported: number;
}

/** What the tests of this file watch: each file has its own copy of this module. */
const watched: Watched[] = [];

/** What the test under way provokes. */
let meant: RegExp[] = [];

/**
 * Has the tests of this file fail on the refusals of a service or a client.
 *
 * @param reported how many there were before this file.
 */
export function watchRefusals(found: Found, reported = 0): void {
  watched.push({ found, reported });
}

/**
 * Says that the test under way provokes a refusal with this text; it fails if there is none. Not for the
 * service that all files share, whose refusals fail whichever test runs beside this one.
 */
export function expectRefusal(text: RegExp): void {
  meant.push(text);
}

/** @throws Error with the refusals since the last call, except those that were expected. */
export async function assertNoneRefused(): Promise<void> {
  const refusals: string[] = [];
  for (const source of watched) {
    const all = await source.found();
    refusals.push(...all.slice(source.reported));
    source.reported = all.length;
  }
  const expected = meant;
  meant = [];
  const missing = expected.filter((text) => !refusals.some((refusal) => text.test(refusal)));
  const faults = refusals.filter((refusal) => !expected.some((text) => text.test(refusal)));
  if (missing.length > 0) throw new Error(`DynamoDB refused no request with ${missing.join(' or ')}`);
  if (faults.length > 0) throw new Error(refusedText(faults));
}

/** The requests that DynamoDB refuses, each of them once. */
export const refusedText = (refusals: readonly string[]): string =>
  ['DynamoDB refuses requests that were sent:', ...new Set(refusals)].join('\n');
