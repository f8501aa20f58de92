import { join } from 'node:path';
import { cdkContext, makeAssembly } from './assembly.ts';

/** The project's folder. */
export const root = join(import.meta.dirname, '..');

/** Everything that decides what the stack is. */
const inputs = ['bin/app.ts', 'lib', 'functions', 'core', 'cdk.json', 'package-lock.json'];

/**
 * The project's own app, synthesised for the local stage.
 *
 * @param settings over those of the stage, as `-c settings=…` would give them.
 * @returns the folder of the assembly; the one made before if nothing has changed.
 * @throws CannotStart if the app cannot be synthesised.
 */
export async function projectAssembly(settings: Record<string, unknown> = {}): Promise<string> {
  const context = { ...cdkContext(root), stage: 'local', settings: JSON.stringify(settings) };
  const { folder } = await makeAssembly({ root, app: 'bin/app.ts', inputs, context });
  return folder;
}
