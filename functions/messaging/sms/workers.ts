import * as z from 'zod';
import { ChunkMessage } from '../../../core/batch/chunk-message.ts';
import type { Worker } from '../../../core/contract/worker.ts';
import { message } from '../../../core/version.ts';

const due = message(
  'message of a due batch',
  z.object({ version: z.literal(1), tenant: z.string(), due: z.string() }),
);

/** What recording an opt-out of the carrier takes. */
const optOutUses = { messaging: 'write', audit: 'put', contactRecovery: 'send' } as const;

/** Workers that send messages and process their receipts. */
export const smsWorkers = {
  workSms: {
    summary: 'Send one chunk of an SMS batch, or release a batch that is due',
    trigger: { queue: 'smsBatches' },
    uses: { ...optOutUses, operations: 'write', smsBatches: 'send', smsKeys: 'read', sms: 'send' },
    // A provider may take half a minute for one chunk.
    messagesPerRun: 1,
    message: z.union([ChunkMessage, due]),
  },
  sweepSms: {
    summary: 'Release SMS batches that are due, and resume those whose worker died',
    trigger: { every: 'rate(1 minute)' },
    uses: { operations: 'write', messaging: 'read', smsBatches: 'send' },
    message: z.unknown(),
  },
  noteReceipt: {
    summary: 'Record receipts that AWS sent',
    trigger: { queue: 'smsReceipts' },
    // Those of one pack of messages are one write.
    ...{ messagesPerRun: 100, gatherSeconds: 1 },
    uses: optOutUses,
    message: message(
      'receipt',
      z.object({ version: z.literal(1), tenant: z.string(), message: z.string(), type: z.string() }),
    ),
  },
  askReceipts: {
    summary: 'Poll for receipts, if the provider does not push them',
    trigger: { every: 'cron(5/6 * * * ? *)' },
    uses: { messaging: 'write', smsKeys: 'read' },
    timeoutSeconds: 290,
    message: z.unknown(),
  },
} satisfies Record<string, Worker>;
