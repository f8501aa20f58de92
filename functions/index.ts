import type { Endpoint } from '../core/contract/endpoint.ts';
import type { Worker } from '../core/contract/worker.ts';
import { access } from './access/api.ts';
import { admin } from './admin/api.ts';
import { adminWorkers } from './admin/workers.ts';
import { cliniko } from './cliniko/api.ts';
import { clinikoWorkers } from './cliniko/workers.ts';
import { content } from './content/api.ts';
import { contentWorkers } from './content/workers.ts';
import { messaging } from './messaging/api.ts';
import { messagingWorkers } from './messaging/workers.ts';
import { ops } from './ops/api.ts';
import { patients } from './patients/api.ts';
import { patientWorkers } from './patients/workers.ts';
import { webhooks } from './webhooks/api.ts';
import { webhookWorkers } from './webhooks/workers.ts';

/**
 * All endpoints, by the folder of their system and their name in it. The first system answers for paths that
 * belong to no system.
 */
export const endpoints = {
  patients,
  cliniko,
  content,
  messaging,
  admin,
  webhooks,
  access,
  ops,
} satisfies Record<string, Record<string, Endpoint>>;

/** All workers, by system and name. */
export const workers = {
  patients: patientWorkers,
  cliniko: clinikoWorkers,
  content: contentWorkers,
  messaging: messagingWorkers,
  admin: adminWorkers,
  webhooks: webhookWorkers,
} satisfies Record<string, Record<string, Worker>>;

/** Faults of a sync after which its workflow does not try again. */
export { permanentFaults } from './cliniko/faults.ts';
