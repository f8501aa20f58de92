import * as z from 'zod';
import { ChunkMessage } from '../../core/batch/chunk-message.ts';
import type { Job } from '../../core/job.ts';
import { ending } from './ending.ts';

/** What works off the batches of administrators. */
export const adminJobs = {
  workBatch: {
    summary: 'Do one chunk of an admin batch',
    trigger: { queue: 'adminBatches' },
    uses: { ...ending, admin: 'write', adminBatches: 'send' },
    message: ChunkMessage,
  },
  sweepBatches: {
    summary: 'Send admin batches again whose message was lost, and announce those that ended unheard',
    trigger: { every: 'rate(1 minute)' },
    uses: { ...ending, adminBatches: 'send' },
    message: z.unknown(),
  },
} satisfies Record<string, Job>;
