import type { Encoding } from '../messages/segments.ts';

/** One text to one phone. */
export interface OutgoingMessage {
  /** E.164. */
  to: string;
  /** 1..11 letters, digits and spaces. */
  from: string;
  text: string;
  encoding: Encoding;
  /** Our ids of the message, which a provider may return with its receipts. */
  ref: MessageRef;
}

/** Identity of a message. */
interface MessageRef {
  tenant: string;
  message: string;
}

/**
 * Answer of a provider.
 *
 * `accepted`: it will send the message. `rejected`: it will never send it. `later`: it did not accept it now,
 * and nothing was sent. `unknown`: no answer, or an ambiguous one; the message may have been sent.
 */
export type SendResult =
  | { kind: 'accepted'; providerId: string }
  | { kind: 'rejected'; code: string }
  | { kind: 'later'; code: string }
  | { kind: 'unknown' };

/** Final delivery status of an accepted message: the carrier reports no other. */
export type FinalReceipt = { state: 'delivered' } | { state: 'failed'; code: string };

/** Delivery status of an accepted message; `sent`: it is in transit. */
export type Receipt = { state: 'sent' } | FinalReceipt;

/**
 * A service that sends texts. No provider offers idempotent requests, so a request is never repeated once it
 * may have arrived.
 */
export interface SmsProvider {
  /** Makes one attempt. Failures of the provider or the network are results, never exceptions. */
  send(message: OutgoingMessage): Promise<SendResult>;
  /** Only for a provider that must be polled: the receipt of a message, `undefined` while there is none. */
  fetchReceipt?(providerId: string, to: string): Promise<Receipt | undefined>;
}
