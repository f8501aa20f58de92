import { join } from 'node:path';
import { cdkContext, makeAssembly } from './assembly.ts';

/** The project's folder. */
export const root = join(import.meta.dirname, '..');

/** Files and folders that the synthesised stack depends on. */
const inputs = ['bin/app.ts', 'lib', 'functions', 'core', 'cdk.json', 'package-lock.json'];

/**
 * Synthesises the project's own app for the local stage.
 *
 * @param settings override those of the stage, like `-c settings=…` of the CDK's command line.
 * @returns the folder of the assembly, from the cache if nothing has changed.
 * @throws CannotStart if the app cannot be synthesised.
 */
export async function projectAssembly(settings: Record<string, unknown> = {}): Promise<string> {
  const context = { ...cdkContext(root), stage: 'local', settings: JSON.stringify(settings) };
  const { folder } = await makeAssembly({ root, app: 'bin/app.ts', inputs, context, shared: 'bundles' });
  return folder;
}
