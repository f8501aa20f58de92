import type { Item, Key } from '../../../core/dynamo/store.ts';
import { fillIn } from './templates/text.ts';

/**
 * A batch of messages, as it was asked for. `expected`: a file is still to come. `waiting`: it is not its time. `released`: the batch engine
 * works on it. `canceled`: before it was released.
 */
type BatchState = 'expected' | 'waiting' | 'released' | 'canceled';

export interface SmsBatch extends Key {
  id: string;
  tenant: string;
  /** The user who asked for it. */
  user: string;
  state: BatchState;
  /** How many messages it has. */
  total: number;
  /** RFC 3339, as all times here. */
  createdAt: string;
  /** When its messages are to be sent. */
  dueAt: string;
  /** Whether that time was asked for. */
  scheduled: boolean;
  /** The text of the messages that have none of their own. */
  text?: string;
  /** The sender id of those that have none of their own. */
  from: string;
  campaignId?: string;
  templateId?: string;
  /** The engine's batch, once released. */
  engineId?: string;
  /** Of a file: how it was read. */
  upload?: UploadCounts;
}

export interface UploadCounts {
  total_contacts: number;
  processed_contacts: number;
  successful_contacts: number;
}

/** One message of a batch. Its own text and sender are only there where they differ from the batch's. */
export interface PackedMessage {
  to: string;
  text?: string;
  from?: string;
}

/** Messages of one item: 50 of the longest texts are 240 KB, an item may have 400. */
export const messagesPerPack = 50;

const partition = (tenant: string, id: string) => `SMS#${Buffer.from(tenant).toString('base64url')}#${id}`;

/** Where a batch and what belongs to it is stored. */
export const smsKeys = {
  batch: (tenant: string, id: string): Key => ({ pk: partition(tenant, id), sk: 'BATCH' }),
  pack: (tenant: string, id: string, n: number): Key => ({
    pk: partition(tenant, id),
    sk: `PACK#${String(Math.floor(n / messagesPerPack)).padStart(6, '0')}`,
  }),
  errors: (tenant: string, id: string): Key => ({ pk: partition(tenant, id), sk: 'ERRORS' }),
  /** What receipts said, counted. */
  receipts: (tenant: string, id: string): Key => ({ pk: partition(tenant, id), sk: 'RECEIPTS' }),
  /** Each message has a partition of its own: a hundred a second are too many for one that others share. */
  message: (tenant: string, messageId: string): Key => ({ pk: partition(tenant, messageId), sk: 'MESSAGE' }),
  due: ({ tenant, id, createdAt }: Pick<SmsBatch, 'tenant' | 'id' | 'createdAt'>, at: string): Key => ({
    pk: 'SMS-DUE',
    sk: `${at}#${partition(tenant, id)}#${createdAt}`,
  }),
  template: (tenant: string, id: string): Key => ({
    pk: `SMS-TEMPLATES#${Buffer.from(tenant).toString('base64url')}`,
    sk: id,
  }),
};

/** Items are only ever written by this system, so their shape is known. */
export const asSmsBatch = (item: Item) => item as unknown as SmsBatch;

/** Somebody to be written to, with what a text may say of them. */
export interface Recipient {
  to: string;
  variables: Readonly<Record<string, string | undefined>>;
}

/** The text for one recipient. @returns what is missing for it, if anything is. */
export const textFor = (body: string, { to, variables }: Recipient) =>
  fillIn(body, { phone: to, ...variables });

/** Takes what most messages have in common out of them. */
export function packMessages(messages: Required<PackedMessage>[]): {
  text: string;
  from: string;
  messages: PackedMessage[];
} {
  const [first] = messages;
  const { text = '', from = '' } = first ?? {};
  return {
    text,
    from,
    messages: messages.map((one) => ({
      to: one.to,
      ...(one.text === text ? {} : { text: one.text }),
      ...(one.from === from ? {} : { from: one.from }),
    })),
  };
}
