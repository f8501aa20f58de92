import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { linesOnly } from './source-map.ts';

/** A function's folder in the bundle directory, and its source under `functions/`: `patients/create`. */
export type FunctionName = `${string}/${string}`;

/** The file name of an endpoint or worker: `createOne` is in `create-one.ts`. */
export const fileName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** SDKs of CommonJS origin call `require` for Node's own modules, which an ES module does not have. */
const requireBanner =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Parts of the SDK that a Lambda never needs: credential providers, since the credentials of its role are in
 * the environment, which the SDK reads first, and event streams, with which no call of ours is answered. The
 * SDK loads these on demand, so leaving them out saves a quarter of every bundle.
 */
const neverLoaded = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
  '@smithy/core/event-streams',
];

/** One copy of the hashes: without this, c32check's CommonJS adds a second one to that of the ES modules. */
const singleCopies = {
  '@noble/hashes/sha256': './node_modules/@noble/hashes/esm/sha256.js',
  '@noble/hashes/utils': './node_modules/@noble/hashes/esm/utils.js',
};

/**
 * Bundles every function in one pass of esbuild, each into a folder of its own that Lambda takes as it is.
 * The SDK is bundled: that loads faster than the runtime's copy, and pins its version.
 *
 * Beside each bundle is a source map of our own lines, by which Node.js names them in stack frames as
 * `functions/….ts:line` (`--enable-source-maps`). Paths are relative to the project, so that a bundle is the
 * same wherever it is made.
 *
 * @param outdir gets `<name>/index.mjs` and `<name>/index.mjs.map` of each function.
 * @returns the inputs of each bundle, with their sizes.
 */
export async function bundle(names: FunctionName[], outdir: string): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: neverLoaded,
    alias: { ...singleCopies, 'mnemonist/lru-cache': './lib/endpoint-map.ts' },
    banner: { js: requireBanner },
    write: false,
    metafile: true,
    logLevel: 'warning',
  });
  for (const { path, contents, text } of outputFiles) {
    const folder = dirname(path);
    const ownSource = (source: string) => {
      const name = relative('', resolve(folder, source)).replaceAll(sep, '/');
      return name.startsWith('node_modules/') ? undefined : name;
    };
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, path.endsWith('.map') ? linesOnly(text, ownSource) : contents);
  }
  return metafile;
}
