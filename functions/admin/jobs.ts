import * as z from 'zod';
import type { Job } from '../../core/job.ts';
import { ending } from './ending.ts';

/** What works off the batches of administrators. */
export const adminJobs = {
  workBatch: {
    summary: 'Do one chunk of an admin batch',
    trigger: { queue: 'adminBatches' },
    uses: { ...ending, admin: 'write', adminBatches: 'send' },
    message: z.object({
      version: z.literal(1),
      tenant: z.string(),
      batch: z.string(),
      chunk: z.int().nonnegative(),
    }),
  },
  sweepBatches: {
    summary: 'Send admin batches again whose message was lost, and announce those that ended unheard',
    trigger: { every: 'rate(1 minute)' },
    uses: { ...ending, adminBatches: 'send' },
    message: z.unknown(),
  },
} satisfies Record<string, Job>;
