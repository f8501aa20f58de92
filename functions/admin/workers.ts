import * as z from 'zod';
import { ChunkMessage } from '../../core/batch/chunk-message.ts';
import type { Worker } from '../../core/contract/worker.ts';
import { batchEndUses } from './batch/ending.ts';

/** The workers that process admin batches. */
export const adminWorkers = {
  workBatch: {
    summary: 'Process one chunk of an admin batch',
    trigger: { queue: 'adminBatches' },
    uses: { ...batchEndUses, admin: 'write', adminBatches: 'send' },
    message: ChunkMessage,
  },
  sweepBatches: {
    summary: 'Resend lost messages of admin batches, and report batches whose end was not reported',
    trigger: { every: 'cron(1/2 * * * ? *)' },
    uses: { ...batchEndUses, adminBatches: 'send' },
    message: z.unknown(),
  },
} satisfies Record<string, Worker>;
