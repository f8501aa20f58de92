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
 * Ways to find credentials that a Lambda never takes: its role's are in the environment, which the SDK looks at first. It loads these only
 * when it needs them, so leaving them out saves a quarter of every bundle.
 */
const NEVER_LOADED = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

/**
 * Bundles every function in one pass of esbuild, each into a folder of its own that Lambda takes as it is. The SDK is bundled:
 * that loads faster than the runtime's copy, and pins it.
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
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
  });
}
