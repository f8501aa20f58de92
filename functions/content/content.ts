import * as z from 'zod';
import { isStorable, normalized } from '../../core/text.ts';

/** The most bytes of a tokenGating object as JSON, and how deep it may nest: it is kept with the content, in one item. */
const GATING = { bytes: 8_192, depth: 16 };

/** A text between these lengths, in characters of UTF-16, stored in NFC. `severalLines` allows line breaks and TABs. */
const text = (name: string, min: number, max: number, severalLines = false) => {
  const message = `${name} must be ${min > 0 ? `${min} to` : 'at most'} ${max} characters`;
  return z
    .string({ error: message })
    .max(max, { error: message })
    .transform(normalized)
    .refine((value) => value.length >= min && value.length <= max && isStorable(value, severalLines), {
      error: message,
    });
};

/** The contract keys its map by `(string-ascii 64)`; anything else would serialise to something the chain cannot hold. */
export const ContentId = z
  .string({ error: 'contentIds must be texts' })
  .regex(/^[\x20-\x7e]{1,64}$/, { error: 'content ids must be 1 to 64 printable ASCII characters' });

/** Whoever owns content: the creator's address on the chain, or another name that the token gives. */
export const Creator = z
  .string({ error: 'Creator address is required' })
  .min(1, { error: 'Creator address is required' })
  .max(128, { error: 'Creator address must be at most 128 characters' })
  .refine((value) => isStorable(value, false), { error: 'Creator address is required' });

/** In micro-STX: whole numbers that JSON carries exactly. */
export const Price = z
  .int({ error: 'Valid newPrice is required' })
  .min(0, { error: 'Valid newPrice is required' });

const nesting = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value as object).map(nesting))
    : 0;

/** Every text inside, keys too. */
const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
};

const gating = z
  .record(z.string(), z.json(), { error: 'tokenGating must be a boolean or an object' })
  .refine(
    (value) =>
      JSON.stringify(value).length <= GATING.bytes &&
      nesting(value) <= GATING.depth &&
      textsIn(value).every((inner) => isStorable(inner, true)),
    { error: `tokenGating must be at most ${GATING.bytes} bytes, ${GATING.depth} levels deep` },
  );

const fields = {
  title: text('title', 1, 255),
  description: text('description', 0, 10_000, true),
  contentType: text('contentType', 3, 50),
  tokenGating: z.union([z.boolean(), gating], { error: 'tokenGating must be a boolean or an object' }),
  refundable: z.boolean({ error: 'refundable must be a boolean' }),
  refundWindowDays: z
    .int({ error: 'refundWindowDays must be a whole number from 0 to 365' })
    .min(0, { error: 'refundWindowDays must be a whole number from 0 to 365' })
    .max(365, { error: 'refundWindowDays must be a whole number from 0 to 365' }),
};

/** The fields that a creator may change, and no others. */
export const allowedFields = Object.keys(fields);

const NO_UPDATES = 'updates object with at least one field is required';

export const Updates = z
  .strictObject(fields, { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : NO_UPDATES) })
  .partial()
  .refine((updates) => Object.keys(updates).length > 0, { error: NO_UPDATES });
export type Updates = z.output<typeof Updates>;

export const RemovalReason = text('removalReason', 0, 500, true);

/** Content as its creator registers it. Its price is what the chain says, so it has none until one is set there. */
export const NewContent = z.strictObject({
  contentId: ContentId,
  title: fields.title,
  description: fields.description.optional(),
  contentType: fields.contentType,
  tokenGating: fields.tokenGating.optional(),
  refundable: fields.refundable.optional(),
  refundWindowDays: fields.refundWindowDays.optional(),
});
export type NewContent = z.output<typeof NewContent>;

/** Content as callers see it. */
export const Content = z.object({
  contentId: z.string(),
  creator: z.string(),
  title: z.string(),
  description: z.string(),
  contentType: z.string(),
  price: z
    .int()
    .nonnegative()
    .nullable()
    .describe('Micro-STX, as the chain confirmed it; null before the first time.'),
  priceTxId: z.string().nullable().describe('The transaction that set the price.'),
  tokenGating: z.union([z.boolean(), z.record(z.string(), z.unknown())]),
  refundable: z.boolean(),
  refundWindowDays: z.int(),
  isRemoved: z.boolean(),
  removalReason: z.string().optional().describe('Only for its creator.'),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Content = z.output<typeof Content>;

/** Content as it is stored. */
export interface ContentRecord extends Content {
  tenantId: string;
  /** Counts the changes of everything but the price, which the chain orders. */
  version: number;
  /** The request that registered it, if that had an idempotency key. */
  registration?: string | undefined;
}

/** @param now RFC 3339. */
export const registered = (
  content: NewContent,
  owner: { creator: string; tenantId: string; registration?: string | undefined },
  now: string,
): ContentRecord => ({
  ...{ description: '', tokenGating: false, refundable: false, refundWindowDays: 0 },
  ...content,
  ...owner,
  ...{ price: null, priceTxId: null, isRemoved: false, createdAt: now, updatedAt: now, version: 1 },
});

/** Why a piece of content was removed is between its creator and us. */
export function shown(record: ContentRecord, toCreator: boolean): Content {
  const {
    tenantId: _tenant,
    version: _version,
    registration: _registration,
    removalReason,
    ...content
  } = record;
  return toCreator && removalReason !== undefined ? { ...content, removalReason } : content;
}
