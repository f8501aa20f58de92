import { join } from 'node:path';
import { App, Tags } from 'aws-cdk-lib';
import { endpoints, workers } from '../functions/index.ts';
import { AppStack } from '../lib/app-stack.ts';
import { bundle, type FunctionName, fileName } from '../lib/bundle.ts';
import { settingsOf } from '../lib/settings.ts';

const app = new App();
const settings = settingsOf(app.node);

const named = (systems: Record<string, object>): FunctionName[] =>
  Object.entries(systems).flatMap(([system, its]) =>
    Object.keys(its).map((name): FunctionName => `${system}/${fileName(name)}`),
  );

const bundles = join(app.outdir, 'bundles');
await bundle([...named(endpoints), ...named(workers), 'ops/not-found'], bundles);

const stack = new AppStack(app, `bulkhead-${settings.stage}`, {
  settings,
  bundles,
  description: 'Bulkhead: bulk-operation APIs for many tenants',
});
Tags.of(stack).add('app', 'bulkhead');
Tags.of(stack).add('stage', settings.stage);
app.synth();
