import { consume } from '../../core/consume.ts';
import { clinikoJobs } from './jobs.ts';
import { syncPage } from './steps.ts';
import { world } from './world.ts';

export const handler = consume(clinikoJobs.syncPage, (input) => syncPage(input, world));
