import * as z from 'zod';
import type { Worker } from '../../core/contract/worker.ts';
import { recoveryMessage } from '../../core/ledger/transaction-ref.ts';

const uses = { patients: 'write', audit: 'put', patientRecovery: 'send' } as const;

/** Recovery of transactions whose owners died. */
export const patientWorkers = {
  recover: {
    summary:
      'Recover the transactions of a message: finish or undo those whose owners died, and clean up after them',
    trigger: { queue: 'patientRecovery' },
    uses,
    message: recoveryMessage,
  },
  sweep: {
    summary: 'Recover transactions whose message was lost',
    trigger: { every: 'cron(1/6 * * * ? *)' },
    uses,
    message: z.unknown(),
    timeoutSeconds: 300,
  },
} satisfies Record<string, Worker>;
