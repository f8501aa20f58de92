import type { Endpoint } from '../core/endpoint.ts';
import type { Job } from '../core/job.ts';
import { admin } from './admin/api.ts';
import { adminJobs } from './admin/jobs.ts';
import { cliniko } from './cliniko/api.ts';
import { clinikoJobs } from './cliniko/jobs.ts';
import { content } from './content/api.ts';
import { contentJobs } from './content/jobs.ts';
import { messaging } from './messaging/api.ts';
import { messagingJobs } from './messaging/jobs.ts';
import { ops } from './ops/api.ts';
import { patients } from './patients/api.ts';
import { patientJobs } from './patients/jobs.ts';
import { webhooks } from './webhooks/api.ts';
import { webhookJobs } from './webhooks/jobs.ts';

/** Every endpoint, by the folder of its system and its name there. The first system answers for paths that belong to none. */
export const endpoints = { patients, cliniko, content, messaging, admin, webhooks, ops } satisfies Record<
  string,
  Record<string, Endpoint>
>;

/** Every job, likewise. */
export const jobs = {
  patients: patientJobs,
  cliniko: clinikoJobs,
  content: contentJobs,
  messaging: messagingJobs,
  admin: adminJobs,
  webhooks: webhookJobs,
} satisfies Record<string, Record<string, Job>>;

/** Faults of a sync that its workflow does not try to mend. */
export { PERMANENT } from './cliniko/faults.ts';
