/** The whole service in a process of its own, so that whoever measures it does not take part in it. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { functionSpecs } from '../../local/lambda/function-spec.ts';
import { projectAssembly } from '../../local/project.ts';
import { start } from '../../local/start.ts';
import { tellParent } from './child.ts';

const [dataDir = ''] = process.argv.slice(2);

// Whoever measures memory wants to know what is in use, not what the collector has not looked at yet.
setFlagsFromString('--expose-gc');
process.on('SIGUSR2', runInNewContext('gc') as () => void);

/** What the measures call more often than a user may. */
const unlimited = [
  'patients.create',
  'patients.update',
  'patients.remove',
  'messaging.bulkImport',
  'admin.exportOrders',
  'admin.submit',
];
const folder = await projectAssembly({
  clinikoCallsPerMinute: 1_000,
  rateLimits: Object.fromEntries(unlimited.map((name) => [name, 'off'])),
});
const { url, awsEndpoint, stack, stop } = await start({
  assembly: folder,
  port: 0,
  dataDir,
  strict: process.env.STRICT !== 'off',
});
const variables = Object.assign({}, ...functionSpecs(stack).map(({ environment }) => environment));
tellParent(
  {
    url,
    awsEndpoint,
    pid: process.pid,
    bundles: join(folder, 'bundles'),
    tables: {
      patients: variables.PATIENTS_TABLE,
      messaging: variables.MESSAGING_TABLE,
      admin: variables.ADMIN_TABLE,
      audit: variables.AUDIT_TABLE,
      operations: variables.OPERATIONS_TABLE,
    },
  },
  stop,
);
