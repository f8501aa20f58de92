import * as z from 'zod';
import type { Worker } from '../../core/contract/worker.ts';
import { Next, StepInput } from './sync/step-shape.ts';

/** Shared by the steps of a sync. They may start the workflow: a long run continues in another execution. */
const step = {
  trigger: { workflow: 'clinikoSync' },
  uses: {
    cliniko: 'write',
    operations: 'write',
    guards: 'write',
    clinikoKeys: 'read',
    clinikoSync: 'run',
  },
  message: StepInput,
  result: Next,
} as const;

/** Ending a sync also stores and starts deliveries to webhooks. */
const ending = { ...step.uses, webhooks: 'append', webhookDelivery: 'run' } as const;

/** Workers that run, end, resume and schedule syncs. */
export const clinikoWorkers = {
  beginSync: { ...step, summary: 'Count the patients of an account at the beginning of its sync' },
  syncPage: { ...step, summary: 'Fetch one page of patients and store it' },
  syncRemovals: { ...step, summary: 'Mark one page of patients that Cliniko lists as deleted' },
  finishSync: { ...step, uses: ending, summary: 'Compare a sync with Cliniko’s counts and end it' },
  failSync: {
    trigger: step.trigger,
    uses: { cliniko: 'write', operations: 'write', webhooks: 'append', webhookDelivery: 'run' },
    summary: 'End a sync as failed, with the reason',
    message: StepInput.omit({ turn: true }).extend({ error: z.string() }),
  },
  sweep: {
    trigger: { every: 'rate(1 minute)' },
    uses: {
      cliniko: 'write',
      operations: 'write',
      clinikoSync: 'run',
      webhooks: 'append',
      webhookDelivery: 'run',
    },
    summary: 'Resume syncs whose worker died and start those that are due',
    message: z.unknown(),
    timeoutSeconds: 300,
  },
} satisfies Record<string, Worker>;
