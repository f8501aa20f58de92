/**
 * `node tests/upgrades/both-ways.ts`: the version before and the version of now take turns on one data folder,
 * forth and back: everything written by the one is shown by the other, and work that the one has begun is
 * finished by the other. The version before is the commit in `previous-release.txt`.
 *
 * Says so and does nothing where that commit is not in the history, or needs other packages.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { beginWork, everythingShown, workInEverySystem } from './work-in-every-system.ts';

const root = join(import.meta.dirname, '..', '..');
const commit = readFileSync(join(import.meta.dirname, 'previous-release.txt'), 'utf8').trim();
const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' });

/** Why the version before cannot be run here. */
function hindrance(): string | undefined {
  try {
    git('cat-file', '-e', `${commit}^{commit}`);
  } catch {
    return `the commit ${commit} is not in this history`;
  }
  const lock = git('show', `${commit}:package-lock.json`);
  return lock === readFileSync(join(root, 'package-lock.json'), 'utf8')
    ? undefined
    : 'the version before needs other packages: run it in a checkout of its own';
}

interface Version {
  url: string;
  awsEndpoint: string;
  stop(): Promise<void>;
}

/** Runs the checkout in `folder` on the data, as `npm start` does. */
async function run(folder: string, dataDir: string): Promise<Version> {
  const child = spawn(process.execPath, ['--single-threaded-gc', 'bin/local.ts'], {
    cwd: folder,
    env: { ...process.env, PORT: '0', DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const found = { url: '', awsEndpoint: '' };
  await new Promise<void>((ready, failed) => {
    child.once('exit', (code) => failed(new Error(`the run in ${folder} ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      found.awsEndpoint ||= /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
      found.url ||= /^Bulkhead runs at (\S+)/.exec(line)?.[1] ?? '';
      if (found.url && found.awsEndpoint) ready();
    });
  });
  return {
    ...found,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function bothWays(before: string, dataDir: string): Promise<void> {
  const same = (one: unknown, other: unknown, when: string) => {
    if (!isDeepStrictEqual(one, other)) throw new Error(`something else is shown ${when}`);
  };
  let running = await run(before, dataDir);
  await workInEverySystem(running.url, 1);
  const first = await everythingShown(running.url, 1);
  const begunBefore = await beginWork(running.url, 1);
  await running.stop();

  running = await run(root, dataDir);
  await begunBefore(running.url);
  const afterUpgrade = await everythingShown(running.url, 1);
  same(afterUpgrade['/api/v1/audit-logs'], first['/api/v1/audit-logs'], 'after the upgrade');
  await workInEverySystem(running.url, 2);
  const second = await everythingShown(running.url, 2);
  const begunNow = await beginWork(running.url, 2);
  await running.stop();

  running = await run(before, dataDir);
  await begunNow(running.url);
  same(await everythingShown(running.url, 1), afterUpgrade, 'after the rollback');
  const rolledBack = await everythingShown(running.url, 2);
  same(rolledBack['/api/v1/audit-logs'], second['/api/v1/audit-logs'], 'after the rollback');
  await workInEverySystem(running.url, 3);
  await running.stop();

  running = await run(root, dataDir);
  const verify = ['bin/verify-tables.ts', '--url', running.awsEndpoint];
  console.log(execFileSync(process.execPath, verify, { cwd: root, encoding: 'utf8' }));
  await running.stop();
}

const why = hindrance();
if (why) {
  console.log(`skipped: ${why}`);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-before-'));
  const dataDir = mkdtempSync(join(tmpdir(), 'bulkhead-both-ways-'));
  try {
    git('worktree', 'add', '--detach', folder, commit);
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    await bothWays(folder, dataDir);
    console.log(`${commit.slice(0, 8)} and now: each reads what the other wrote, and finishes what it began`);
  } finally {
    git('worktree', 'remove', '--force', folder);
    rmSync(dataDir, { recursive: true, force: true });
  }
}
