import { consume } from '../../core/consume.ts';
import { clinikoJobs } from './jobs.ts';
import { finishSync } from './steps.ts';
import { world } from './world.ts';

export const handler = consume(clinikoJobs.finishSync, (input) => finishSync(input, world));
