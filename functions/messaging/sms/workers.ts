import * as z from 'zod';
import { ChunkMessage } from '../../../core/batch/chunk-message.ts';
import type { Worker } from '../../../core/contract/worker.ts';

const due = z.object({ version: z.literal(1), tenant: z.string(), due: z.string() });

/** What sends messages, and learns what became of them. */
export const smsWorkers = {
  workSms: {
    summary: 'Send one chunk of a batch of messages, or begin a batch that is due',
    trigger: { queue: 'smsBatches' },
    uses: { operations: 'write', messaging: 'write', smsBatches: 'send', smsKeys: 'read', sms: 'send' },
    // A provider may take half a minute for one chunk.
    messagesPerRun: 1,
    message: z.union([ChunkMessage, due]),
  },
  sweepSms: {
    summary: 'Begin batches of messages at their time, and go on with those whose worker died',
    trigger: { every: 'rate(1 minute)' },
    uses: { operations: 'write', messaging: 'read', smsBatches: 'send' },
    message: z.unknown(),
  },
  noteReceipt: {
    summary: 'Note what became of a message that AWS carried',
    trigger: { queue: 'smsReceipts' },
    uses: { messaging: 'write' },
    message: z.object({ version: z.literal(1), tenant: z.string(), message: z.string(), type: z.string() }),
  },
  askReceipts: {
    summary: 'Ask for receipts of messages, with a provider that sends none by itself',
    trigger: { every: 'rate(5 minutes)' },
    uses: { messaging: 'write', smsKeys: 'read' },
    timeoutSeconds: 290,
    message: z.unknown(),
  },
} satisfies Record<string, Worker>;
