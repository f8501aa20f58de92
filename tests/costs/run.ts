/**
 * `npm run costs`: what each job consumes of AWS, as the local run counts it, and what that costs by list
 * prices. It writes nothing but its answer.
 */
import { parseArgs } from 'node:util';
import { count, jobsNamed } from './jobs.ts';
import { startWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
});
const words = values.only.flatMap((names) => names.split(',')).filter((name) => name !== '');
const jobs = jobsNamed(words);
// An organisation may start one sync in five minutes.
const world = await startWorld({ rateLimits: { 'cliniko.syncAll': 'off' } });
try {
  for (const job of jobs) console.log(job.name, JSON.stringify(await count(world, job)));
} finally {
  await world.stop();
}
