/**
 * `npm run bench`: how fast it is, as ratios to named baselines. It judges but never fails: figures of a busy machine prove nothing.
 *
 * The engines sync their files at every commit, so whole requests are as slow as the disk, whose other users can make that ten times slower.
 * `TMPDIR=/dev/shm npm run bench -- --only requests` takes the disk out.
 */

import { root } from '../../local/project.ts';
import { newCleanup } from './cleanup.ts';
import type { Figure, Measure } from './figure.ts';
import { machineFacts } from './machine.ts';
import * as admin from './measures/admin.ts';
import * as batches from './measures/batches.ts';
import * as bundles from './measures/bundles.ts';
import * as calls from './measures/calls.ts';
import * as chain from './measures/chain.ts';
import * as contacts from './measures/contacts.ts';
import * as create from './measures/create.ts';
import * as remove from './measures/delete.ts';
import * as growth from './measures/growth.ts';
import * as messages from './measures/messages.ts';
import * as pages from './measures/pages.ts';
import * as rateLimiter from './measures/rate-limiter.ts';
import * as requests from './measures/requests.ts';
import * as sync from './measures/sync.ts';
import * as update from './measures/update.ts';
import { readOptions } from './options.ts';
import { figureTable, summary } from './report.ts';

const measures: Record<string, Measure> = {
  create,
  update,
  delete: remove,
  growth,
  requests,
  contacts,
  messages,
  'rate-limiter': rateLimiter,
  pages,
  batches,
  chain,
  admin,
  bundles,
  calls,
  sync,
};

const { only, effort } = readOptions(process.argv.slice(2));
const unknown = only.filter((name) => !(name in measures));
if (unknown.length > 0)
  throw new Error(`No measure is named ${unknown.join(', ')}; there are ${Object.keys(measures).join(', ')}`);

const cleanup = newCleanup();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void cleanup.now().then(() => process.exit(1));
  });

const { warmUps, rounds } = effort.roundsFor(1);
const method = `- medians of ${rounds} rounds after ${warmUps} warm-ups, fewer where a line says so; a ratio is the median of its rounds’ own`;
console.log(['# Benchmarks', '', ...machineFacts(root), method, ''].join('\n'));
const all: Figure[] = [];
for (const [name, { title, about, run }] of Object.entries(measures)) {
  if (only.length > 0 && !only.includes(name)) continue;
  try {
    const figures = await run({ effort, cleanup });
    all.push(...figures);
    console.log([`## ${title}`, '', about, '', figureTable(figures), ''].join('\n'));
  } catch (error) {
    // The others may still be measured, but a run with a hole in it is not to be taken for a whole one.
    console.error(`The measure ${name} failed:`, error);
    process.exitCode = 1;
  } finally {
    await cleanup.now();
  }
}
console.log(summary(all));
