import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { Person } from '../people.ts';

const run = promisify(execFile);

interface Said {
  stdout: string;
  stderr: string;
}

/**
 * Runs an example as its API description has it; only the token and, since 8000 may be taken here, the address are filled in, and the ids where
 * those in the example are nobody's.
 *
 * @param file below this folder.
 */
export async function example(
  file: string,
  command: string,
  { token, url }: Pick<Person, 'token' | 'url'>,
  ids: Record<string, string> = {},
  environment: Record<string, string> = {},
): Promise<Said> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-journey-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let text = await readFile(join(import.meta.dirname, file), 'utf8');
  text = text.replaceAll('http://localhost:8000', url);
  text = text.replaceAll('YOUR_TOKEN', token).replaceAll('your-jwt-token', token);
  for (const [written, id] of Object.entries(ids)) text = text.replaceAll(written, id);
  const copy = join(folder, basename(file));
  await writeFile(copy, text);
  return await run(command, [copy], { env: { ...process.env, ...environment } });
}
