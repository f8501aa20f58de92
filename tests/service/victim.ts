/**
 * `node victim.ts <data folder>`: a service that is going to be killed. Prints its address and that of its AWS
 * services as its only line.
 */

import { projectAssembly } from '../../local/project.ts';
import { start } from '../../local/start.ts';
import { unlimitedRates } from './unlimited.ts';

const [, , dataDir = ''] = process.argv;
const running = await start({ assembly: await projectAssembly(unlimitedRates), port: 0, dataDir });
console.log(`${running.url} ${running.awsEndpoint}`);
