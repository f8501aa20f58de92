/** The whole service in a process of its own, so that whoever measures it does not take part in it. */
import { join } from 'node:path';
import { functionSpecs } from '../../local/lambda/function-spec.ts';
import { start } from '../../local/start.ts';
import { assembly } from '../assembly.ts';
import { tellParent } from './child.ts';

const [dataDir = ''] = process.argv.slice(2);

const folder = await assembly({
  // Limits would hide what is measured.
  clinikoCallsPerMinute: 1_000,
  rateLimits: { 'patients.create': 'off', 'patients.update': 'off', 'patients.remove': 'off' },
});
const { url, awsEndpoint, stack, stop } = await start({ assembly: folder, port: 0, dataDir });
const variables = Object.assign({}, ...functionSpecs(stack).map(({ environment }) => environment));
tellParent(
  {
    url,
    awsEndpoint,
    pid: process.pid,
    bundles: join(folder, 'bundles'),
    tables: { patients: variables.PATIENTS_TABLE, audit: variables.AUDIT_TABLE },
  },
  stop,
);
