import { join } from 'node:path';
import { App, Tags } from 'aws-cdk-lib';
import { endpoints, workers } from '../functions/index.ts';
import { AccountStack } from '../lib/account-stack.ts';
import { AppStack } from '../lib/app-stack.ts';
import { bundle, type FunctionName, fileName } from '../lib/bundle.ts';
import { settingsOf } from '../lib/settings.ts';

const app = new App();
const settings = settingsOf(app.node);

const named = (systems: Record<string, object>): FunctionName[] =>
  Object.entries(systems).flatMap(([system, its]) =>
    Object.keys(its).map((name): FunctionName => `${system}/${fileName(name)}`),
  );

/** A folder in which the bundles of these very sources were made before. */
const made: unknown = app.node.tryGetContext('bundles');
const bundles = typeof made === 'string' ? made : join(app.outdir, 'bundles');
if (bundles !== made) await bundle([...named(endpoints), ...named(workers), 'ops/not-found'], bundles);

const stack = new AppStack(app, `bulkhead-${settings.stage}`, {
  settings,
  bundles,
  description: 'Bulkhead: bulk-operation APIs for many tenants',
});
Tags.of(app).add('app', 'bulkhead');
Tags.of(stack).add('stage', settings.stage);
if (settings.accountLogRole) {
  const account = new AccountStack(app, 'Bulkhead-account', {
    description: 'Bulkhead: what all stages of the account share in this Region',
  });
  stack.addStackDependency(account, 'API Gateway logs only if the account has a role for it');
}
app.synth();
