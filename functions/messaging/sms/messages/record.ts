import type { Item, Key } from '../../../../core/dynamo/store.ts';

/**
 * Where the sending of a message stands. There is no record before it begins. `sending`: claimed, and perhaps sent. `unknown`: whoever claimed
 * it got no answer; it may have been sent, and is never sent again. `sent`: a provider has it.
 */
export type MessageState = 'sending' | 'unknown' | 'sent' | 'delivered' | 'failed';

export interface MessageRecord extends Key {
  id: string;
  tenant: string;
  state: MessageState;
  /** The delivery that claimed it. */
  by: string;
  /** When it was claimed, in milliseconds since the epoch. */
  claimedAt: number;
  /** RFC 3339. */
  updatedAt: string;
  sentAt?: string;
  /** The provider's own name for it: with it, it is certain that the provider took it. */
  providerId?: string;
  /** Why it failed. */
  code?: string;
}

export const asMessage = (item: Item) => item as unknown as MessageRecord;

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
