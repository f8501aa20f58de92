import { fileURLToPath } from 'node:url';
import { cdkContext, makeAssembly } from '../local/assembly.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The synthesised app for the local stage, with settings of the test's own; made once for the same sources and settings. */
export async function assembly(settings: Record<string, unknown> = {}): Promise<string> {
  const { folder } = await makeAssembly({
    root,
    app: 'bin/app.ts',
    inputs: ['bin', 'lib', 'functions', 'core', 'cdk.json', 'package-lock.json'],
    context: { ...cdkContext(root), stage: 'local', settings: JSON.stringify(settings) },
  });
  return folder;
}
