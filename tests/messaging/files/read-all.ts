import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFileOf } from './read.ts';

/** Reads every file of a folder, and tells how many there were and how much memory that took at most. */
const [folder = ''] = process.argv.slice(2);
const names = readdirSync(folder);
for (const name of names) {
  try {
    readFileOf(readFileSync(join(folder, name)));
  } catch {
    // What becomes of each is another test's.
  }
}
// The kernel counts in kilobytes.
console.log(JSON.stringify({ read: names.length, megabytes: process.resourceUsage().maxRSS / 1_024 }));
