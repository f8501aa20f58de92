import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CannotStart, reasonOf } from './cannot-start.ts';

/** A claim on a data folder: two runs on the same files would ruin them. */
export interface DataDir {
  release(): void;
}

/**
 * Makes the folder if it is missing and claims it until it is released or this process ends, however it ends:
 * the claim is a lock of the operating system (taken through SQLite, since Node.js has none of its own), not
 * a file that may be left over.
 *
 * @throws CannotStart if the folder cannot be made or written, or another run holds it.
 */
export function claimDataDir(folder: string): DataDir {
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
  return { release: () => lock.close() };
}
