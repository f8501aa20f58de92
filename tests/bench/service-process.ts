/** The whole service in a process of its own, so that whoever measures it does not take part in it. */
import { join } from 'node:path';
import { functionSpecs } from '../../local/lambda/function-spec.ts';
import { start } from '../../local/start.ts';
import { assembly } from '../assembly.ts';
import { tellParent } from './child.ts';

const [dataDir = ''] = process.argv.slice(2);

/**
 * More than any measure calls. The counter of a limit is an item with a slot for each call, so a far higher limit would be measured
 * along with the work.
 */
const LIMIT = '200/1';

const folder = await assembly({
  rateLimits: { 'patients.create': LIMIT, 'patients.update': LIMIT, 'patients.remove': LIMIT },
});
const { url, awsEndpoint, stack, stop } = await start({ assembly: folder, port: 0, dataDir });
const variables = Object.assign({}, ...functionSpecs(stack).map(({ environment }) => environment));
tellParent(
  {
    url,
    awsEndpoint,
    bundles: join(folder, 'bundles'),
    tables: { patients: variables.PATIENTS_TABLE, audit: variables.AUDIT_TABLE },
  },
  stop,
);
