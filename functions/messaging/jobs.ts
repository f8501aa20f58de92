import type { Job } from '../../core/job.ts';
import { contactJobs } from './contact-jobs.ts';

/** What works behind contacts and text messages. */
export const messagingJobs = { ...contactJobs } satisfies Record<string, Job>;
