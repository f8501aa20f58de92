import type { Job } from '../../core/job.ts';
import { contactJobs } from './contact-jobs.ts';
import { smsJobs } from './sms-jobs.ts';

/** What works behind contacts and text messages. */
export const messagingJobs = { ...contactJobs, ...smsJobs } satisfies Record<string, Job>;
