import { build } from 'esbuild';

/** A function's folder in the bundle directory, and the name of its source: `patients/create`. */
export type FunctionName = `${string}/${string}`;

/** `createOne` lives in `create-one.ts`. */
export const fileName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** SDKs of CommonJS origin call `require` for Node's own modules, which an ES module does not have. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Parts of the SDK that it loads only when it needs them, and never needs here, so leaving them out saves a
 * quarter of every bundle: sources of credentials (a role's are in the environment, which the SDK looks at
 * first), and event streams (no call that is made here answers with one).
 */
const NEVER_LOADED = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
  '@smithy/core/event-streams',
];

/**
 * One copy of the hashes: without this, c32check's CommonJS brings a second one beside that of the ES
 * modules.
 */
const singleCopies = {
  '@noble/hashes/sha256': './node_modules/@noble/hashes/esm/sha256.js',
  '@noble/hashes/utils': './node_modules/@noble/hashes/esm/utils.js',
};

/**
 * Bundles every function in one pass of esbuild, each into a folder of its own that Lambda takes as it is.
 * The SDK is bundled: that loads faster than the runtime's copy, and pins it.
 */
export async function bundle(names: FunctionName[], outdir: string) {
  return await build({
    entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: NEVER_LOADED,
    alias: singleCopies,
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
  });
}
