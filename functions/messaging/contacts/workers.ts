import * as z from 'zod';
import type { Worker } from '../../../core/contract/worker.ts';

const uses = { messaging: 'write', audit: 'append', contactRecovery: 'send' } as const;

/** What makes batches of contacts end, whatever died. */
export const contactWorkers = {
  recoverContacts: {
    summary:
      'Settle the batches of contacts of a message some time after they began: finish or undo those whose owners died, then clear up behind them',
    trigger: { queue: 'contactRecovery' },
    uses,
    message: z.object({ version: z.literal(1), tenant: z.string(), batch: z.string() }),
  },
  sweepContacts: {
    summary: 'Settle the batches of contacts whose message was lost',
    trigger: { every: 'rate(5 minutes)' },
    uses,
    message: z.unknown(),
    timeoutSeconds: 300,
  },
} satisfies Record<string, Worker>;
