import * as z from 'zod';
import type { Worker } from '../../../core/contract/worker.ts';
import { recoveryMessage } from '../../../core/ledger/transaction-ref.ts';

const uses = { messaging: 'write', audit: 'put', contactRecovery: 'send' } as const;

/** Workers that finish or undo contact transactions after a crash. */
export const contactWorkers = {
  recoverContacts: {
    summary: 'Recover the contact transactions of a message: finish or undo those whose owner died',
    trigger: { queue: 'contactRecovery' },
    uses,
    message: recoveryMessage,
  },
  sweepContacts: {
    summary: 'Recover contact transactions whose recovery message was lost',
    trigger: { every: 'cron(3/6 * * * ? *)' },
    uses,
    message: z.unknown(),
    timeoutSeconds: 300,
  },
} satisfies Record<string, Worker>;
