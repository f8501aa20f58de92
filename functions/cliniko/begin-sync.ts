import { consume } from '../../core/consume.ts';
import { clinikoJobs } from './jobs.ts';
import { beginSync } from './steps.ts';
import { world } from './world.ts';

export const handler = consume(clinikoJobs.beginSync, (input) => beginSync(input, world));
