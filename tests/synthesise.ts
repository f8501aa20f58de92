import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AppStack } from '../lib/app-stack.ts';
import { settingsOf } from '../lib/settings.ts';
import { cdkContext } from '../local/assembly.ts';
import { projectAssembly, root } from '../local/project.ts';

export interface Synthesised {
  app: App;
  stack: AppStack;
  template: Template;
}

/** The app as a stage would deploy it, made in this process with the bundles of the local stage. */
export async function synthesise(
  stage: string,
  settings: Record<string, unknown> = {},
): Promise<Synthesised> {
  const app = new App({
    outdir: mkdtempSync(join(tmpdir(), 'bulkhead-synth-')),
    context: { ...cdkContext(root), stage, settings },
  });
  const bundles = join(await projectAssembly(), 'bundles');
  const stack = new AppStack(app, `bulkhead-${stage}`, { settings: settingsOf(app.node), bundles });
  return { app, stack, template: Template.fromStack(stack) };
}
