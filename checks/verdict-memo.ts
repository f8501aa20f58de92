import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Verdicts } from './regexes.ts';

const { version } = createRequire(import.meta.url)('recheck/package.json');

/**
 * Proofs take seconds and depend on the expression alone, so they are kept between runs, for each version of
 * recheck.
 */
const file = join(import.meta.dirname, `../node_modules/.cache/bulkhead/recheck-${version}.json`);

/** The verdicts of earlier runs; none in a fresh clone. */
export function loadVerdicts(): Verdicts {
  try {
    return new Map(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return new Map();
  }
}

/** Keeps what was decided; a proof that ran out of time is tried again. */
export function keepVerdicts(verdicts: Verdicts): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    JSON.stringify([...verdicts].filter(([, verdict]) => !verdict.startsWith('undecided'))),
  );
}
