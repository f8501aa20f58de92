import { execFile } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { projectAssembly, root } from '../../../local/project.ts';
import { unbundled } from '../baselines/unbundled.ts';
import type { Bench, Figure } from '../figure.ts';
import { compare } from '../figure.ts';
import { median } from '../rounds.ts';

export const title = 'Bundles';
export const about =
  'Bytes that a Lambda loads at a cold start, and how long a fresh process takes to import them. The rival leaves the packages in node_modules.';

/** The largest bundle, in kilobytes, and what loading it may take of loading its packages one by one. */
const aims = { kilobytes: 500, load: 0.55 };

/** The function whose load time is compared. */
const COMPARED = 'patients/create';

const run_ = promisify(execFile);
const script = `const begun = performance.now();
await import(process.argv[1]);
process.stdout.write(String(performance.now() - begun));`;

/** Milliseconds that a fresh process takes to import a module, without what Node itself takes to start. */
async function loadTime(file: string): Promise<number> {
  const { stdout } = await run_(process.execPath, [
    '--input-type=module',
    '--eval',
    script,
    pathToFileURL(file).href,
  ]);
  return Number(stdout);
}

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const folder = join(await projectAssembly(), 'bundles');
  const files = globSync('*/*/index.mjs', { cwd: folder })
    .toSorted()
    .map((file) => join(folder, file));
  const nameOf = (file: string) => relative(folder, dirname(file)).replaceAll('\\', '/');
  const loaded = [...files, await unbundled(cleanup, root, COMPARED)];
  const timings: Record<string, number[]> = Object.fromEntries(loaded.map((file) => [file, []]));
  const { rounds } = effort.roundsFor(5_000);
  for (let round = 0; round < rounds; round++)
    for (const file of loaded) timings[file]?.push(await loadTime(file));

  const sizes = files.map(
    (file): Figure => ({
      name: `size of ${nameOf(file)}`,
      unit: 'KB',
      ours: statSync(file).size / 1_000,
      aim: aims.kilobytes,
      rounds: 1,
    }),
  );
  const times = files.map(
    (file): Figure => ({
      name: `load ${nameOf(file)}`,
      unit: 'ms',
      ours: median(timings[file] ?? []),
      rounds,
    }),
  );
  const compared = files.find((file) => nameOf(file) === COMPARED) ?? '';
  const against = compare(
    `load ${COMPARED}`,
    { bundled: timings[compared] ?? [], 'packages in node_modules': timings[loaded.at(-1) ?? ''] ?? [] },
    { ours: 'bundled', baseline: 'packages in node_modules', aim: aims.load },
  );
  return [...sizes, ...times, against];
}
