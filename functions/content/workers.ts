import * as z from 'zod';
import { ChunkMessage } from '../../core/batch/chunk-message.ts';
import type { Worker } from '../../core/contract/worker.ts';
import { message } from '../../core/version.ts';

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
  sweep: {
    summary:
      'Resend lost messages of content batches, report ends that were not reported, and resume the transactions on the chain if their driver died',
    trigger: { every: 'rate(1 minute)' },
    uses: { operations: 'write', contentBatches: 'send', contentChain: 'send' },
    message: z.unknown(),
  },
  driveChain: {
    summary: 'Sign, send and follow the transactions that set prices on the chain',
    trigger: { queue: 'contentChain' },
    uses: chain,
    message: message(
      'message to the driver of the chain',
      z.object({
        version: z.literal(1),
        /** True if an operator wants nonces to be given out anew from the one that the chain expects. */
        renumber: z.boolean().optional(),
      }),
    ),
  },
} satisfies Record<string, Worker>;
