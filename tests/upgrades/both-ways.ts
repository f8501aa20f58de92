/**
 * `node tests/upgrades/both-ways.ts`: the version before and the version of now take turns on one data folder,
 * forth and back: everything written by the one is shown and changed by the other, and work that the one has
 * begun is finished by the other. The version before is the commit in `previous-release.txt`.
 *
 * Says so and does nothing where that commit is not in the history, as in a shallow clone.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import {
  addressesOf,
  beginWork,
  changeInEverySystem,
  everythingShown,
  shownPaths,
  type Written,
  workInEverySystem,
} from './work-in-every-system.ts';

const root = join(import.meta.dirname, '..', '..');
const commit = readFileSync(join(import.meta.dirname, 'previous-release.txt'), 'utf8').trim();
const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' });

const isInHistory = (): boolean =>
  spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: root }).status === 0;

/** Checks the version before out, with the packages that its lock file names. */
function checkOut(folder: string): void {
  git('worktree', 'add', '--quiet', '--detach', folder, commit);
  const lock = (of: string) => readFileSync(join(of, 'package-lock.json'), 'utf8');
  if (lock(folder) === lock(root)) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  else execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
}

interface Version {
  url: string;
  awsEndpoint: string;
  stop(): Promise<void>;
}

/** Runs the checkout in `folder` on the data, as `npm start` does. */
async function run(folder: string, dataDir: string): Promise<Version> {
  const child = spawn(
    join(folder, 'node_modules', '.bin', 'node'),
    ['--single-threaded-gc', 'bin/local.ts'],
    {
      cwd: folder,
      env: { ...process.env, PORT: '0', DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
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
      const [code] = await ended;
      if (code !== 0) throw new Error(`the run in ${folder} ended with ${code}`);
    },
  };
}

/**
 * The first place where a newer version does not show what the older showed; `undefined` if there is none. It
 * may show fields beside them.
 */
function lost(older: unknown, newer: unknown, place = ''): string | undefined {
  if (typeof older !== 'object' || older === null || typeof newer !== 'object' || newer === null)
    return isDeepStrictEqual(older, newer)
      ? undefined
      : `${place}: ${JSON.stringify(older)} and ${JSON.stringify(newer)}`;
  const entries = (value: object) => (Array.isArray(value) ? value.length : undefined);
  if (entries(older) !== entries(newer)) return `${place}: ${entries(older)} and ${entries(newer)} entries`;
  const its = newer as Record<string, unknown>;
  for (const [name, value] of Object.entries(older)) {
    const found = lost(value, its[name], `${place} ${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Shown = Record<string, unknown>;

/** @throws Error that names the first difference. */
function assertShown(older: Shown, newer: Shown, when: string): void {
  const found = lost(older, newer);
  if (found !== undefined) throw new Error(`${when}, something else is shown at${found}`);
}

/** @throws Error unless each rule holds of all tables. */
function assertVerified(awsEndpoint: string): void {
  const args = ['bin/verify-tables.ts', '--url', awsEndpoint];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0 || !stdout.includes('Everything is as promised.'))
    throw new Error(`verify-tables ended with ${status}:\n${stdout}`);
}

/** The paths that a version shows, by its own contracts. */
async function pathsOf(folder: string): Promise<string[]> {
  const { endpoints } = await import(join(folder, 'functions', 'index.ts'));
  return shownPaths(endpoints);
}

/** What a version shows of a tenant, at every address that it has. */
async function shownBy(paths: string[], url: string, n: number, written: Written): Promise<Shown> {
  const absent = paths.filter((path) => addressesOf(path, n, written).length === 0);
  if (absent.length > 0) throw new Error(`nothing was written that ${absent.join(', ')} would show`);
  return await everythingShown(url, n, written, paths);
}

/**
 * Tenant 1 is worked for by the version before and tenant 2 by that of now; then the other version shows and
 * changes it. Tenants 11 and 12 have work that one version begins and the other finishes.
 */
async function bothWays(before: string, dataDir: string): Promise<void> {
  const old = await pathsOf(before);
  const current = await pathsOf(root);
  let running = await run(before, dataDir);
  const written1 = await workInEverySystem(running.url, 1);
  const first = await shownBy(old, running.url, 1, written1);
  const begunBefore = await beginWork(running.url, 11);
  await running.stop();

  running = await run(root, dataDir);
  assertShown(first, await shownBy(current, running.url, 1, written1), 'after the upgrade');
  const [written2] = await Promise.all([
    workInEverySystem(running.url, 2),
    changeInEverySystem(running.url, 1, written1),
    begunBefore(running.url),
  ]);
  const changedFirst = await shownBy(current, running.url, 1, written1);
  const second = await shownBy(current, running.url, 2, written2);
  const begunNow = await beginWork(running.url, 12);
  await running.stop();

  running = await run(before, dataDir);
  assertShown(await shownBy(old, running.url, 1, written1), changedFirst, 'after the rollback');
  assertShown(await shownBy(old, running.url, 2, written2), second, 'after the rollback');
  await Promise.all([changeInEverySystem(running.url, 2, written2), begunNow(running.url)]);
  const changedSecond = await shownBy(old, running.url, 2, written2);
  await running.stop();

  running = await run(root, dataDir);
  const now = async (n: number, written: Written) => await shownBy(current, running.url, n, written);
  assertShown(changedFirst, await now(1, written1), 'after the second upgrade');
  assertShown(changedSecond, await now(2, written2), 'after the second upgrade');
  assertVerified(running.awsEndpoint);
  await running.stop();
}

if (isInHistory()) {
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-before-'));
  const dataDir = mkdtempSync(join(tmpdir(), 'bulkhead-both-ways-'));
  try {
    checkOut(folder);
    await bothWays(folder, dataDir);
    console.log(
      `${commit.slice(0, 8)} and now: each shows and changes what the other wrote, and finishes what it began`,
    );
  } finally {
    git('worktree', 'remove', '--force', folder);
    rmSync(dataDir, { recursive: true, force: true });
  }
} else {
  console.log(`skipped: the commit ${commit} is not in this history`);
}
