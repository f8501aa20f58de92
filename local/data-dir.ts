import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CannotStart, reasonOf } from './cannot-start.ts';

/** An exclusive lock on a data folder: two runs on the same files would corrupt them. */
export interface DataDir {
  /** Lets the next run use the folder. */
  unlock(): void;
}

/**
 * Creates the folder if it is missing and locks it until `unlock()` or the end of this process, even by
 * `kill -9`: the operating system holds the lock (taken through SQLite, since Node.js has no file locks), so
 * no stale lock file can be left behind.
 *
 * @throws CannotStart if the folder cannot be created or written, or another run holds the lock.
 */
export function lockDataDir(folder: string): DataDir {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new CannotStart(`DATA_DIR ${folder} cannot be written: ${reasonOf(cause)}`, { cause });
  }
  const lock = new DatabaseSync(join(folder, 'run.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new CannotStart(
      `DATA_DIR ${folder} is in use by another run: stop it, or choose another DATA_DIR`,
      { cause },
    );
  }
  return { unlock: () => lock.close() };
}
