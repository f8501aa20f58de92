import type { Endpoint } from '../core/contract/endpoint.ts';
import type { Worker } from '../core/contract/worker.ts';
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

/** Every endpoint, by the folder of its system and its name there. The first system answers for paths that belong to none. */
export const endpoints = { patients, cliniko, content, messaging, admin, webhooks, ops } satisfies Record<
  string,
  Record<string, Endpoint>
>;

/** Every worker, likewise. */
export const workers = {
  patients: patientWorkers,
  cliniko: clinikoWorkers,
  content: contentWorkers,
  messaging: messagingWorkers,
  admin: adminWorkers,
  webhooks: webhookWorkers,
} satisfies Record<string, Record<string, Worker>>;

/** Faults of a sync that its workflow does not try to mend. */
export { permanentFaults } from './cliniko/faults.ts';
