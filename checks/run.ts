/**
 * Checks the product for what the compiler and the linter do not see. Prints each violation and exits with 1
 * if there are any; with `--summary` it prints only how many each check found in each room.
 */
import { casts } from './casts.ts';
import { commentWidth } from './comment-width.ts';
import { constants } from './constants.ts';
import { cycles } from './cycles.ts';
import { docblocks } from './docblocks.ts';
import { dynamo } from './dynamo.ts';
import { loops } from './loops.ts';
import { names } from './names.ts';
import { plainDocuments, plainWords } from './plain-words.ts';
import { documents, product } from './product.ts';
import { regexes } from './regexes.ts';
import type { SourceFile } from './source.ts';
import { summary } from './summary.ts';
import { keepVerdicts, loadVerdicts } from './verdict-memo.ts';

async function checkRegexes(sources: SourceFile[]): Promise<string[]> {
  const verdicts = loadVerdicts();
  const found = await regexes(sources, verdicts);
  keepVerdicts(verdicts);
  return found;
}

const sources = product();
const found = {
  names: names(sources),
  constants: constants(sources),
  docblocks: docblocks(sources),
  'comment width': commentWidth(sources),
  'plain words': [...plainWords(sources), ...plainDocuments(documents())],
  casts: casts(sources),
  cycles: cycles(sources),
  regexes: await checkRegexes(sources),
  loops: loops(sources),
  dynamo: dynamo(sources),
};

if (process.argv.includes('--summary')) console.log(summary(found));
else
  for (const [check, violations] of Object.entries(found))
    for (const violation of violations) console.log(`${violation} (${check})`);

const count = Object.values(found).flat().length;
console.log(`${sources.length} files, ${count} violations`);
if (count > 0) process.exitCode = 1;
