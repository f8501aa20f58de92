import * as z from 'zod';
import type { Worker } from '../../core/contract/worker.ts';

const uses = { patients: 'write', audit: 'append', patientRecovery: 'send' } as const;

/** Recovery of transactions whose owners died. */
export const patientWorkers = {
  recover: {
    summary:
      'Recover the transactions of a message: finish or undo those whose owners died, and clean up after them',
    trigger: { queue: 'patientRecovery' },
    uses,
    message: z.object({ version: z.literal(1), tenant: z.string(), batch: z.string() }),
  },
  sweep: {
    summary: 'Recover transactions whose message was lost',
    trigger: { every: 'rate(5 minutes)' },
    uses,
    message: z.unknown(),
    timeoutSeconds: 300,
  },
} satisfies Record<string, Worker>;
