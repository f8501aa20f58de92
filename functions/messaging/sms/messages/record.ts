import * as z from 'zod';
import type { Item } from '../../../../core/dynamo/store.ts';
import { storedVersion } from '../../stored-version.ts';

/**
 * State of one message; before sending begins there is no record. `sending`: claimed, and possibly sent.
 * `unknown`: the delivery that claimed it got no answer; it may have been sent, and is never sent again.
 * `sent`: a provider accepted it.
 */
const messageState = z.enum(['sending', 'unknown', 'sent', 'delivered', 'failed']);
export type MessageState = z.output<typeof messageState>;

const messageRecord = z.object({
  v: storedVersion,
  pk: z.string(),
  sk: z.string(),
  id: z.string(),
  tenant: z.string(),
  state: messageState,
  /** The delivery that claimed it. */
  by: z.string(),
  /** When it was claimed, in milliseconds since the epoch. */
  claimedAt: z.number(),
  /** RFC 3339. */
  updatedAt: z.string(),
  sentAt: z.string().optional(),
  /** The provider's id of the message. Its presence proves that the provider accepted the message. */
  providerId: z.string().optional(),
  /** Why it failed. */
  code: z.string().optional(),
});
export type MessageRecord = z.output<typeof messageRecord>;

/** The record of a message that a provider accepted. */
export type AcceptedRecord = MessageRecord & { providerId: string };

/** @throws ZodError for an item of another shape. */
export const asMessage = (item: Item): MessageRecord => messageRecord.parse(item);

/**
 * How long a message may be unknown before it stays so, in milliseconds: AWS waits 72 hours for a carrier's last word (User Guide, event
 * destinations), and its event may take a little longer.
 */
export const receiptTimeoutMs = 73 * 60 * 60 * 1_000;

/** How the batch engine counts a message: sent, once, is what it was asked for; what then becomes of it is the carrier's. */
export type SendOutcome = { result: 'sent' } | { error: string };

/** The outcome that a message's record tells; `undefined` while it is not known. */
export function sendOutcomeOf(record: MessageRecord, now: number): SendOutcome | undefined {
  const { state, providerId, code = 'FAILED', claimedAt } = record;
  if (state === 'sent' || state === 'delivered' || providerId !== undefined) return { result: 'sent' };
  if (state === 'failed') return { error: code };
  return now - claimedAt > receiptTimeoutMs ? { error: 'UNKNOWN' } : undefined;
}
