import type { Encoding } from '../messages/segments.ts';

/** One text to one phone. */
export interface OutgoingMessage {
  /** E.164. */
  to: string;
  /** 1..11 letters, digits and spaces. */
  from: string;
  text: string;
  encoding: Encoding;
  /** Our own names for it, which a provider may hand back with its receipts. */
  ref: MessageRef;
}

/** What a message is known by. */
interface MessageRef {
  tenant: string;
  message: string;
}

/**
 * What a provider said.
 *
 * `accepted`: it will send it. `rejected`: it will not, and never would. `later`: it did not take it now, and nothing was sent. `unknown`: no
 * answer came, or one that leaves it open; it may have been sent.
 */
export type SendResult =
  | { kind: 'accepted'; providerId: string }
  | { kind: 'rejected'; code: string }
  | { kind: 'later'; code: string }
  | { kind: 'unknown' };

/** What became of a message that was accepted. `sent`: on its way, nothing final. */
export type Receipt = { state: 'sent' | 'delivered' } | { state: 'failed'; code: string };

/** Somebody who sends texts. No provider lets a request be repeated safely, so none is ever repeated after it may have been heard. */
export interface SmsProvider {
  /** Makes one attempt, and never throws for what the provider or the network did. */
  send(message: OutgoingMessage): Promise<SendResult>;
  /** For a provider that must be asked: the receipt of a message, `undefined` while it has none. */
  fetchReceipt?(providerId: string, to: string): Promise<Receipt | undefined>;
}
