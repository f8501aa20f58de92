import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRows } from '../../../functions/messaging/files/rows.ts';

/** Reads every file of a folder, and tells how many there were and how much memory that took at most. */
const [folder = ''] = process.argv.slice(2);
const names = readdirSync(folder);
for (const name of names) {
  try {
    readRows(readFileSync(join(folder, name)), { rows: 1_000, tooMany: 'too many' });
  } catch {
    // What becomes of each is another test's.
  }
}
// The kernel counts in kilobytes.
console.log(JSON.stringify({ read: names.length, megabytes: process.resourceUsage().maxRSS / 1_024 }));
