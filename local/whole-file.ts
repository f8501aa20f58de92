import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** Replaces a file atomically, with mode 0600: after a crash it has the old or the new content. */
export function writeWhole(file: string, text: string): void {
  const beside = `${file}.new`;
  const handle = openSync(beside, 'w', 0o600);
  writeSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(beside, file);
}

/** The entries of a map that `writeEntries` wrote; none if there is no file. */
export const readEntries = <T>(file: string): Map<string, T> =>
  new Map(existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as [string, T][]) : []);

/** Replaces a file by the entries of a map, as JSON. */
export const writeEntries = <T>(file: string, entries: ReadonlyMap<string, T>): void =>
  writeWhole(file, JSON.stringify([...entries]));
