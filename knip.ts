import { globSync } from 'node:fs';
import type { KnipConfig } from 'knip';
import { endpoints, workers } from './functions/index.ts';
import { fileName } from './lib/bundle.ts';

/** The files whose `handler` a Lambda calls: one for each contract. A file beside them is used by them or not at all. */
const handlers = [endpoints, workers].flatMap((systems) =>
  Object.entries(systems).flatMap(([system, contracts]) =>
    Object.keys(contracts).map((name) => `functions/${system}/${fileName(name)}.ts`),
  ),
);

export default {
  entry: [
    ...handlers,
    'functions/ops/not-found.ts',
    'bin/*.ts',
    'local/stacks/node.ts',
    'local/dynamodb/watchdog.ts',
    // In place of a package, in bundles only.
    'lib/endpoint-map.ts',
    'tests/**/*.ts',
    // The client that users of the API install.
    ...globSync('clients/**/*.ts'),
  ],
  project: ['**/*.ts'],
} satisfies KnipConfig;
