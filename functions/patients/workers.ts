import * as z from 'zod';
import type { Worker } from '../../core/contract/worker.ts';

const uses = { patients: 'write', audit: 'append', patientRecovery: 'send' } as const;

/** What makes patient batches end, whatever died. */
export const patientWorkers = {
  recover: {
    summary:
      'Settle the batches of a message some time after they began: finish or undo those whose owners died, then clear up behind them',
    trigger: { queue: 'patientRecovery' },
    uses,
    message: z.object({ version: z.literal(1), tenant: z.string(), batch: z.string() }),
  },
  sweep: {
    summary: 'Settle the batches whose message was lost',
    trigger: { every: 'rate(5 minutes)' },
    uses,
    message: z.unknown(),
    timeoutSeconds: 300,
  },
} satisfies Record<string, Worker>;
