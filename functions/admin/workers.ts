import * as z from 'zod';
import { ChunkMessage } from '../../core/batch/chunk-message.ts';
import type { Worker } from '../../core/contract/worker.ts';
import { ending } from './batch/ending.ts';

/** What works off the batches of administrators. */
export const adminWorkers = {
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
} satisfies Record<string, Worker>;
