import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { inject, onTestFinished } from 'vitest';
import type { Person } from '../people.ts';

export const run = promisify(execFile);

interface Said {
  stdout: string;
  stderr: string;
  /** Where it ran. */
  folder: string;
}

/**
 * Runs an example as its API description has it; only the token and, since 8000 may be taken here, the port are filled in.
 *
 * @param file its path in this folder.
 * @param ids what stands in the example for ids, and the ids.
 * @param standIn runs a Python example with our stand-in for the package `requests`; without `true`, only where
 * the machine has no such package.
 */
export async function example(
  file: string,
  command: string,
  { token, url = inject('url') }: Pick<Person, 'token'> & Partial<Pick<Person, 'url'>>,
  ids: Record<string, string> = {},
  standIn = false,
): Promise<Said> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-journey-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let text = await readFile(join(import.meta.dirname, file), 'utf8');
  text = text.replaceAll('http://localhost:8000', url);
  text = text.replaceAll('YOUR_TOKEN', token).replaceAll('your-jwt-token', token);
  for (const [written, id] of Object.entries(ids)) text = text.replaceAll(written, id);
  const copy = join(folder, basename(file));
  await writeFile(copy, text);
  const env = { ...process.env, ...(command === 'python3' && (await pythonEnvironment(standIn))) };
  return { ...(await run(command, [copy], { env, cwd: folder })), folder };
}

const hasRequests = () =>
  run('python3', ['-c', 'import requests']).then(
    () => true,
    () => false,
  );

/** The environment of a Python example: with the package `requests` where there is one, or with its stand-in. */
const pythonEnvironment = async (standIn: boolean): Promise<Record<string, string>> =>
  standIn || !(await hasRequests()) ? { PYTHONPATH: import.meta.dirname } : {};
