import * as z from 'zod';
import type { Worker } from '../../core/contract/worker.ts';
import { openingUses } from './account/opening-uses.ts';
import { endingUses } from './sync/ending-uses.ts';
import { FailInput, Next, StepInput } from './sync/step-shape.ts';

/** Shared by the steps of a sync. They may start the workflow: a long run continues in another execution. */
const step = {
  trigger: { workflow: 'clinikoSync' },
  uses: {
    cliniko: 'write',
    operations: 'write',
    guards: 'write',
    ...openingUses,
    clinikoSync: 'run',
  },
  message: StepInput,
  result: Next,
} as const;

/** Workers that run, end, resume and schedule syncs. */
export const clinikoWorkers = {
  beginSync: { ...step, summary: 'Count the patients of an account at the beginning of its sync' },
  syncPage: { ...step, summary: 'Fetch one page of patients and store it' },
  syncRemovals: { ...step, summary: 'Mark one page of patients that Cliniko lists as deleted' },
  finishSync: {
    ...step,
    uses: { ...step.uses, ...endingUses },
    summary: 'Compare a sync with Cliniko’s counts and end it',
  },
  failSync: {
    trigger: step.trigger,
    uses: endingUses,
    summary: 'End a sync as failed, with the reason',
    message: FailInput,
  },
  sweep: {
    trigger: { every: 'cron(0/2 * * * ? *)' },
    uses: { ...endingUses, clinikoSync: 'run' },
    summary: 'Resume syncs whose worker died and start those that are due',
    message: z.unknown(),
    timeoutSeconds: 300,
  },
} satisfies Record<string, Worker>;
