import { consume } from '../../core/consume.ts';
import { clinikoJobs } from './jobs.ts';
import { syncRemovals } from './steps.ts';
import { world } from './world.ts';

export const handler = consume(clinikoJobs.syncRemovals, (input) => syncRemovals(input, world));
