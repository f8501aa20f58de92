import * as z from 'zod';
import { ChunkMessage } from '../../core/batch/chunk-message.ts';
import type { Worker } from '../../core/contract/worker.ts';

const chain = {
  operations: 'write',
  content: 'write',
  contentBatches: 'send',
  contentChain: 'send',
  stacksKeys: 'read',
} as const;

/** The workers that process content batches, and bring their prices to the chain. */
export const contentWorkers = {
  workBatch: {
    summary: 'Process one chunk of a content batch',
    trigger: { queue: 'contentBatches' },
    uses: { operations: 'write', content: 'write', contentBatches: 'send', contentChain: 'send' },
    message: ChunkMessage,
  },
  sweepBatches: {
    summary: 'Resend lost messages of content batches, and report batches whose end was not reported',
    trigger: { every: 'rate(1 minute)' },
    uses: { operations: 'write', contentBatches: 'send' },
    message: z.unknown(),
  },
  driveChain: {
    summary: 'Sign, send and follow the transactions that set prices on the chain',
    trigger: { queue: 'contentChain' },
    uses: chain,
    message: z.object({
      version: z.literal(1),
      /** True if an operator wants nonces to be given out anew from the one that the chain expects. */
      renumber: z.boolean().optional(),
    }),
  },
  wakeChain: {
    summary: 'Resume the transactions on the chain if their driver died',
    trigger: { every: 'rate(1 minute)' },
    uses: { contentChain: 'send' },
    message: z.unknown(),
  },
} satisfies Record<string, Worker>;
