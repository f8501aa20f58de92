import * as z from 'zod';
import type { Item, Key } from '../../../core/dynamo/store.ts';
import { stored } from '../../../core/dynamo/version.ts';
import { FileReport } from '../../../core/files/report.ts';
import { present } from '../../../core/invariant.ts';
import { fillIn } from './templates/text.ts';

/** Counts of a file: its rows, those that could be read, and those whose message was accepted. */
const uploadCounts = z.object({
  total_contacts: z.number(),
  processed_contacts: z.number(),
  successful_contacts: z.number(),
});
export type UploadCounts = z.output<typeof uploadCounts>;

/** A batch of messages as it was requested. Times are RFC 3339. */
const smsBatch = stored(
  'batch of texts',
  z.object({
    pk: z.string(),
    sk: z.string(),
    id: z.string(),
    tenant: z.string(),
    /** The user who requested it. */
    user: z.string(),
    /**
     * `expected`: its file is not uploaded or not processed yet. `waiting`: stored, but not handed to the
     * batch engine. `released`: the batch engine works on it. `canceled`: before it was released.
     */
    state: z.enum(['expected', 'waiting', 'released', 'canceled']),
    /** Number of messages. */
    total: z.number(),
    createdAt: z.string(),
    /** Time at which its messages are to be sent. */
    dueAt: z.string(),
    /** True if the caller asked for that time. */
    scheduled: z.boolean(),
    /** The text of messages that have none of their own. */
    text: z.string().optional(),
    /** The sender id of messages that have none of their own. */
    from: z.string(),
    campaignId: z.string().optional(),
    templateId: z.string().optional(),
    /** Id of the engine's batch, once released. */
    engineId: z.string().optional(),
    /** Only for a file. */
    upload: uploadCounts.optional(),
    /** Absent in batches of earlier versions, whose receipts may also be counted by `receiptCounter`. */
    receiptsIn: z.literal('packs').optional(),
  }),
);
export type SmsBatch = z.output<typeof smsBatch>;

/** Parses a batch. @throws ZodError for an item of another shape. */
export const asSmsBatch = (item: Item): SmsBatch => smsBatch.parse(item);

/** One message of a batch. Its own text and sender are present only where they differ from the batch's. */
const packedMessage = z.object({
  to: z.string(),
  text: z.string().optional(),
  from: z.string().optional(),
});
export type PackedMessage = z.output<typeof packedMessage>;

const pack = stored('pack of messages', z.object({ messages: z.array(packedMessage) }));

/**
 * Parses the messages of one pack, in their order; 50 take 3 µs.
 *
 * @throws ZodError for an item of another shape.
 */
export const asPack = (item: Item): PackedMessage[] => pack.parse(item).messages;

/** The errors of a file's rows as answered, and what was understood of it; earlier versions had no report. */
const readFile = stored(
  'report of a file',
  z.object({ errors: z.array(z.string()), file: FileReport.optional() }),
);
export type ReadFile = z.output<typeof readFile>;

/** Parses what was read of a file. @throws ZodError for an item of another shape. */
export const asReadFile = (item: Item): ReadFile => readFile.parse(item);

/** One counter of final receipts of earlier versions; a state that none had is absent. */
const receiptCounter = stored(
  'counter of receipts',
  z.object({
    delivered: z.number().default(0),
    failed: z.number().default(0),
  }),
);

/** Final receipts of a batch's messages, counted by state. */
export type ReceiptCounts = Pick<z.output<typeof receiptCounter>, 'delivered' | 'failed'>;

/** The sum of counts. */
export const sumOfCounts = (counts: readonly ReceiptCounts[]): ReceiptCounts => ({
  delivered: counts.reduce((sum, { delivered }) => sum + delivered, 0),
  failed: counts.reduce((sum, { failed }) => sum + failed, 0),
});

/** Parses a counter of earlier versions. @throws ZodError for an item of another shape. */
export const asReceiptCounter = (item: Item): ReceiptCounts => receiptCounter.parse(item);

/** A batch that the sweep must check. Its sort key begins with the time, 24 characters long. */
const dueEntry = stored(
  'entry of a due batch',
  z
    .object({ sk: z.string(), tenant: z.string(), id: z.string() })
    .transform(({ sk, tenant, id }) => ({ tenant, id, dueAt: sk.slice(0, 24) })),
);

/** Parses an entry of the sweep. @throws ZodError for an item of another shape. */
export const asDueEntry = (item: Item): z.output<typeof dueEntry> => dueEntry.parse(item);

/** Messages of one item: 50 of the longest texts take 240 KB; an item may have 400 KB. */
export const messagesPerPack = 50;

/**
 * Partitions of one batch's receipts. A partition takes 1,000 write units a second (developer guide, burst
 * and adaptive capacity), and a write of a pack's receipts costs one: so eight take 8,000 receipts a second,
 * also if no two of them come together. May grow, since the reader then looks for more; must never shrink.
 */
const receiptPartitionsMax = 8;

const partition = (tenant: string, id: string) => `SMS#${Buffer.from(tenant).toString('base64url')}#${id}`;

const receiptPackPrefix = 'RECEIPTS#';

/** The first of a batch's receipt partitions is its own; the others hold nothing else. */
function receiptPartition(tenant: string, id: string, n: number): string {
  const place = n % receiptPartitionsMax;
  return partition(tenant, place === 0 ? id : `${id}#${place}`);
}

/** Keys of a batch, of the items that belong to it, and of templates. */
export const smsKeys = {
  batch: (tenant: string, id: string): Key => ({ pk: partition(tenant, id), sk: 'BATCH' }),
  pack: (tenant: string, id: string, n: number): Key => ({
    pk: partition(tenant, id),
    sk: `PACK#${String(Math.floor(n / messagesPerPack)).padStart(6, '0')}`,
  }),
  /** What was read of a file: its errors and its report. */
  readFile: (tenant: string, id: string): Key => ({ pk: partition(tenant, id), sk: 'ERRORS' }),
  /** Final receipts of the messages that are in one pack with message `n`. */
  receiptPack(tenant: string, id: string, n: number): Key {
    const pack = Math.floor(n / messagesPerPack);
    const pk = receiptPartition(tenant, id, pack);
    return { pk, sk: `${receiptPackPrefix}${String(pack).padStart(6, '0')}` };
  },
  /** The partitions and prefixes of all receipt packs that a batch of so many messages can have. */
  receiptPacks: (tenant: string, id: string, total: number): { pk: string; prefix: string }[] =>
    Array.from({ length: Math.min(Math.ceil(total / messagesPerPack), receiptPartitionsMax) }, (_, pack) => ({
      ...{ pk: receiptPartition(tenant, id, pack), prefix: receiptPackPrefix },
    })),
  /** All counters of final receipts that a batch of an earlier version can have. */
  receiptCounters: (tenant: string, id: string, total: number): Key[] =>
    Array.from({ length: Math.min(total, receiptPartitionsMax) }, (_, n) => ({
      ...{ pk: receiptPartition(tenant, id, n), sk: 'RECEIPTS' },
    })),
  /** A partition for each message: hundreds of writes a second would overload a shared one. */
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

/** A recipient, with the values of the text's variables. */
export interface Recipient {
  to: string;
  variables: Readonly<Record<string, unknown>>;
}

/** Fills in the text for one recipient, as `fillIn` does. */
export const textFor = (body: string, { to, variables }: Recipient) =>
  fillIn(body, { phone: to, ...variables });

/** Moves the first message's text and sender to the batch; messages keep only what differs. */
export function packMessages(messages: Required<PackedMessage>[]): {
  text: string;
  from: string;
  messages: PackedMessage[];
} {
  const { text, from } = present(messages[0], 'a batch has at least one message');
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
