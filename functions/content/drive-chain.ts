import { consume } from '../../core/consume.ts';
import { contentJobs } from './jobs.ts';

export const handler = consume(contentJobs.driveChain, async () => {});
