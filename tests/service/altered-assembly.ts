import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { projectAssembly } from '../../local/project.ts';

/**
 * The app with other templates, and functions as they are, for the option `assembly` of a service. It is
 * removed when the test ends.
 *
 * @param alter gets the text of each template, and returns the one in its place.
 */
export async function alteredAssembly(alter: (template: string) => string): Promise<string> {
  const original = await projectAssembly();
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-assembly-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of readdirSync(original))
    if (name.endsWith('.template.json'))
      writeFileSync(join(folder, name), alter(readFileSync(join(original, name), 'utf8')));
    else symlinkSync(join(original, name), join(folder, name));
  return folder;
}
