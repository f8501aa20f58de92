import * as z from 'zod';
import type { Item } from '../../../../core/dynamo/store.ts';
import { stored } from '../../../../core/dynamo/version.ts';

/**
 * State of one message; before sending begins there is no record. `sending`: claimed, and possibly sent.
 * `unknown`: the delivery that claimed it got no answer; it may have been sent, and is never sent again.
 * `sent`: a provider accepted it.
 */
const messageState = z.enum(['sending', 'unknown', 'sent', 'delivered', 'failed']);
export type MessageState = z.output<typeof messageState>;

const messageRecord = stored(
  'message',
  z.object({
    pk: z.string(),
    sk: z.string(),
    id: z.string(),
    tenant: z.string(),
    state: messageState,
    /** The delivery that claimed it. */
    by: z.string(),
    /** Time of the claim, in milliseconds since the epoch. */
    claimedAt: z.number(),
    /** RFC 3339. */
    updatedAt: z.string(),
    sentAt: z.string().optional(),
    /** The provider's id of the message. Its presence proves that the provider accepted the message. */
    providerId: z.string().optional(),
    /** Reason of the failure. */
    code: z.string().optional(),
    /** True if the carrier refused it because its recipient has opted out there. */
    outAtCarrier: z.boolean().optional(),
  }),
);
export type MessageRecord = z.output<typeof messageRecord>;

/** The record of a message that a provider accepted. */
export type AcceptedRecord = MessageRecord & { providerId: string };

/** Parses a message's record. @throws ZodError for an item of another shape. */
export const asMessage = (item: Item): MessageRecord => messageRecord.parse(item);

/** Error code of a message that was not sent, or not delivered, because its recipient has opted out. */
export const optedOutCode = 'OPTED_OUT';

/**
 * Time after which no receipt is expected any more: AWS waits 72 hours for a carrier's final status (User
 * Guide, event destinations), and its event may take a little longer.
 */
export const receiptTimeoutMs = 73 * 60 * 60 * 1_000;

/**
 * Outcome of a message for the batch engine: an accepted message counts as sent, whatever its receipt reports
 * later.
 */
export type SendOutcome = { result: 'sent' } | { error: string };

/**
 * Outcome by a message's record; `undefined` while it is not known. @param now milliseconds since the epoch.
 */
export function sendOutcomeOf(record: MessageRecord, now: number): SendOutcome | undefined {
  const { state, providerId, code = 'FAILED', claimedAt } = record;
  if (state === 'sent' || state === 'delivered' || providerId !== undefined) return { result: 'sent' };
  if (state === 'failed') return { error: code };
  return now - claimedAt > receiptTimeoutMs ? { error: 'UNKNOWN' } : undefined;
}
