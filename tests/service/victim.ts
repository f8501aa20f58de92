/** `node victim.ts <data folder>`: a service that is going to be killed. Prints its address as its only line. */
import { start } from '../../local/start.ts';
import { assembly } from '../assembly.ts';
import { unlimitedRates } from './unlimited.ts';

const [, , dataDir = ''] = process.argv;
const running = await start({ assembly: await assembly(unlimitedRates), port: 0, dataDir });
console.log(running.url);
