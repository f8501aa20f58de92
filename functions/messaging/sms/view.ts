import { type Batch, isOver } from '../../../core/batch/record.ts';
import { WithHeaders } from '../../../core/http/reply.ts';
import { present } from '../../../core/invariant.ts';
import type { PackedMessage, ReceiptCounts, SmsBatch } from './batch.ts';
import { messageId } from './messages/id.ts';
import type { MessageRecord } from './messages/record.ts';
import { measure } from './messages/segments.ts';
import type { KeptReceipt } from './receipts/pack.ts';

/** Polling interval that answers about an unfinished batch suggest. */
const retryAfterSeconds = '2';

/** Status of a message in the API. */
export const messageStatuses = ['queued', 'sent', 'delivered', 'failed', 'unknown', 'canceled'] as const;
type MessageStatus = (typeof messageStatuses)[number];

/** Status of a batch in the API. */
export const batchStatuses = [
  'expected',
  'scheduled',
  'queued',
  'processing',
  'completed',
  'partial',
  'failed',
  'canceled',
] as const;
type BatchStatus = (typeof batchStatuses)[number];

function statusOf({ state, scheduled }: SmsBatch, progress: Batch | undefined): BatchStatus {
  if (progress) return progress.status === 'pending' ? 'queued' : progress.status;
  if (state === 'canceled' || state === 'expected') return state;
  return scheduled ? 'scheduled' : 'queued';
}

/** Fields of the request, without its messages. */
const requestFields = ({ from, campaignId, templateId, scheduled, dueAt, createdAt }: SmsBatch) => ({
  sender_id: from,
  ...(campaignId ? { campaign_id: campaignId } : {}),
  ...(templateId ? { template_id: templateId } : {}),
  ...(scheduled ? { schedule_at: dueAt } : {}),
  created_at: createdAt,
});

/** Progress of a batch. Every message counts in exactly one of queued, sent, failed and canceled. */
export function batchToReply(batch: SmsBatch, progress: Batch | undefined, receipts: ReceiptCounts) {
  const none =
    batch.state === 'canceled' ? { queued: 0, canceled: batch.total } : { queued: batch.total, canceled: 0 };
  const counted = progress
    ? { queued: progress.remaining + progress.inFlight, canceled: progress.canceled }
    : none;
  return {
    status: statusOf(batch, progress),
    total: batch.total,
    ...counted,
    sent: progress?.succeeded ?? 0,
    failed: progress?.failed ?? 0,
    delivered: receipts.delivered,
    undelivered: receipts.failed,
    ...requestFields(batch),
  };
}

/** Adds `Retry-After` to a reply about a batch that has not ended. */
export const withRetryAfter = <T>(progress: Batch | undefined, state: SmsBatch['state'], reply: T) =>
  state === 'canceled' || (progress && isOver(progress))
    ? reply
    : new WithHeaders(reply, { 'Retry-After': retryAfterSeconds });

/** Error texts of messages that were not sent. */
const reasonByCode: Record<string, string> = {
  OPTED_OUT: 'Recipient opted out',
  SPENDING_LIMIT: 'The spending limit for messages is reached',
};

const reasonOf = (code: string): string =>
  reasonByCode[code] ?? `Refused by the provider or carrier: ${code}`;

function stateOf(
  record: MessageRecord | undefined,
  receipt: KeptReceipt | undefined,
  batch: SmsBatch,
  progress: Batch | undefined,
): MessageStatus {
  if (receipt) return receipt.state;
  if (record) return record.state === 'sending' ? 'queued' : record.state;
  const isCanceled = batch.state === 'canceled' || (progress?.status === 'canceled' && isOver(progress));
  return isCanceled ? 'canceled' : 'queued';
}

/** Answer about one message with its status: what its final receipt says, else its own record. */
export function messageToReply(
  batch: SmsBatch,
  n: number,
  packed: PackedMessage,
  { record, receipt }: { record: MessageRecord | undefined; receipt: KeptReceipt | undefined },
  progress: Batch | undefined,
) {
  const status = stateOf(record, receipt, batch, progress);
  const code = receipt?.state === 'failed' ? receipt.code : record?.code;
  const message = present(packed.text ?? batch.text, 'a message has a text of its own or of its batch');
  return {
    success: true,
    message_id: messageId(batch.id, n),
    batch_id: batch.id,
    status,
    phone: packed.to,
    message,
    ...measure(message),
    ...(code && status === 'failed' ? { error: reasonOf(code) } : {}),
    ...requestFields(batch),
    sender_id: packed.from ?? batch.from,
    ...(record?.sentAt ? { sent_at: record.sentAt } : {}),
    updated_at: receipt?.at ?? record?.updatedAt ?? progress?.createdAt ?? batch.createdAt,
  };
}
