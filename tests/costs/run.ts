/**
 * `npm run costs`: what each job consumes of AWS, as the local run counts it, and what it and an idle month cost
 * by list prices. It writes nothing but its answer.
 */
import { parseArgs } from 'node:util';
import { synthesise } from '../synthesise.ts';
import type { Consumed } from './consumed.ts';
import { type IdleLine, idleMonth } from './idle.ts';
import { count, jobsNamed } from './jobs.ts';
import { dollarsOf } from './money.ts';
import { allowances, prices } from './prices.ts';
import { unitsOfSchedules } from './schedules.ts';
import { type Stored, storedKinds } from './storage.ts';
import { idleTable, jobTable, storageTable } from './tables.ts';
import { manySyncs, startWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
});
const words = values.only.flatMap((names) => names.split(',')).filter((name) => name !== '');
const jobs = jobsNamed(words);
const wants = (part: string) => words.length === 0 || words.includes(part);
const withIdle = wants('idle');
const withStorage = wants('storage');
if (jobs.length === 0 && !withIdle && !withStorage)
  throw new Error('No job has such a name; without --only all are counted');

/** Records of each kind that are measured at rest. */
const recordsStored = 1_000;

const counted: { name: string; consumed: Consumed; dollars: number }[] = [];
const idle: { stage: string; lines: IdleLine[] }[] = [];
let stored: Stored[] = [];
const world = await startWorld(manySyncs);
try {
  // Before the jobs, whose records the schedules would look through.
  const units = withIdle ? await unitsOfSchedules(world) : new Map();
  for (const stage of withIdle ? ['dev', 'prod'] : []) {
    const { template } = await synthesise(stage, stage === 'prod' ? { alarmEmail: 'ops@example.com' } : {});
    idle.push({ stage, lines: idleMonth(template.toJSON().Resources, units) });
  }
  for (const job of jobs) {
    const consumed = await count(world, job);
    counted.push({ name: job.name, consumed, dollars: dollarsOf(consumed) });
    if (!values.json) console.error(`counted: ${job.name}`);
  }
  if (withStorage) stored = await storedKinds(world, recordsStored);
} finally {
  await world.stop();
}
if (values.json) console.log(JSON.stringify({ prices, allowances, jobs: counted, stored, idle }, null, 2));
else
  console.log(
    [
      `Prices as of ${prices.asOf}: ${prices.source}`,
      ...(counted.length > 0 ? [jobTable(counted)] : []),
      ...(stored.length > 0 ? [storageTable(stored)] : []),
      ...(idle.length > 0 ? [`Free as of ${allowances.asOf}: ${allowances.source}`] : []),
      ...idle.map(idleTable),
    ].join('\n\n'),
  );
