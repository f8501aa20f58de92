import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Cleanup, temporaryFolder } from '../cleanup.ts';

/** A function as it would be deployed without bundling its packages: its own code in one file, the packages in `node_modules`. */
export async function unbundled(cleanup: Cleanup, root: string, name: string): Promise<string> {
  // Inside the project, where its packages are found.
  const parent = join(root, 'node_modules', '.cache');
  await mkdir(parent, { recursive: true });
  const outfile = join(await temporaryFolder(cleanup, parent), 'index.mjs');
  await build({
    entryPoints: [join(root, 'functions', `${name}.ts`)],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    logLevel: 'warning',
  });
  return outfile;
}
