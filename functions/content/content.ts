import * as z from 'zod';
import { stored } from '../../core/dynamo/version.ts';
import { isStorable, normalized } from '../../core/text.ts';

/**
 * Limits of a tokenGating object: its length as JSON, and its nesting. It is stored in the content's item.
 */
const gatingLengthMax = 8_192;
const gatingLevelsMax = 16;

/** What no text may contain, in words. */
const unstorable = 'control characters, half a character or U+FFFD';

/**
 * A text with a length between these bounds, in UTF-16 code units, stored in NFC. `severalLines` allows line
 * breaks and TABs.
 */
const text = (name: string, min: number, max: number, severalLines = false) => {
  const length = `${name} must be ${min > 0 ? `${min} to` : 'at most'} ${max} characters`;
  return z
    .string({ error: `${name} must be a text` })
    .max(max, { error: length })
    .transform(normalized)
    .refine((value) => value.length >= min && value.length <= max, { error: length })
    .refine((value) => isStorable(value, severalLines), {
      error: `${name} must not contain ${severalLines ? '' : 'line breaks, TABs, '}${unstorable}`,
    });
};

/** False for `.` and `..`, which a URL cannot have as a segment of its path (RFC 3986 §5.2.4). */
const isPathSegment = (text: string): boolean => text !== '.' && text !== '..';

/** The contract keys its map by `(string-ascii 64)`; the chain cannot hold any other id. */
export const ContentId = z
  .string({ error: 'contentIds must be texts' })
  .regex(/^[\x20-\x7e]{1,64}$/, { error: 'content ids must be 1 to 64 printable ASCII characters' })
  .refine(isPathSegment, { error: 'content ids must not be . or ..' });

/** The owner of content: the creator's address on the chain, or another name that the token gives. */
export const Creator = z
  .string({ error: 'Creator address is required' })
  .min(1, { error: 'Creator address is required' })
  .max(128, { error: 'Creator address must be at most 128 characters' })
  .refine((value) => isStorable(value, false), {
    error: `Creator address must not contain line breaks, TABs, ${unstorable}`,
  })
  .refine(isPathSegment, { error: 'Creator address must not be . or ..' });

/** Micro-STX: whole numbers that JSON carries exactly (up to 2^53 - 1). */
export const Price = z
  .int({ error: 'Valid newPrice is required' })
  .min(0, { error: 'Valid newPrice is required' });

const nesting = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value as object).map(nesting))
    : 0;

/** All texts inside a JSON value, including keys. */
const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
};

/**
 * True for a number that DynamoDB stores as it is: the SDK takes integers that JSON carries exactly, and the
 * table magnitudes from 1e-130 (developer guide, data types).
 */
const isStorableNumber = (value: number): boolean =>
  Math.abs(value) <= Number.MAX_SAFE_INTEGER && (value === 0 || Math.abs(value) >= 1e-130);

/** The path of the first number inside a JSON value that cannot be stored. */
function unstorableNumberIn(value: unknown, path: string): string | undefined {
  if (typeof value === 'number') return isStorableNumber(value) ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = unstorableNumberIn(inner, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A JSON value with all its texts in NFC, names included. */
function inNfc(value: z.core.util.JSONType): z.core.util.JSONType {
  if (typeof value === 'string') return normalized(value);
  if (Array.isArray(value)) return value.map(inNfc);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [normalized(name), inNfc(inner)]));
}

/** The number of names inside a JSON value. */
const namesIn = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce((sum: number, inner) => sum + 1 + namesIn(inner), 0)
    : 0;

const gating = z
  .record(z.string(), z.json(), { error: 'tokenGating must be a boolean or an object' })
  .transform((value, context) => {
    const result = inNfc(value) as typeof value;
    if (namesIn(result) < namesIn(value))
      context.addIssue({
        code: 'custom',
        message: 'tokenGating must not have two names of the same characters',
      });
    return result;
  })
  .refine((value) => JSON.stringify(value).length <= gatingLengthMax && nesting(value) <= gatingLevelsMax, {
    error: `tokenGating must be at most ${gatingLengthMax} bytes, ${gatingLevelsMax} levels deep`,
  })
  .refine((value) => textsIn(value).every((inner) => isStorable(inner, true)), {
    error: `tokenGating must not contain ${unstorable}`,
  })
  .superRefine((value, context) => {
    const path = unstorableNumberIn(value, 'tokenGating');
    if (path !== undefined)
      context.addIssue({
        code: 'custom',
        message: `${path} must be a number from -(2^53 - 1) to 2^53 - 1, and not below 1e-130`,
      });
  });

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

/** The fields that a creator may change. */
export const allowedFields = Object.keys(fields) as (keyof typeof fields)[];

const noUpdatesMessage = 'updates object with at least one field is required';

export const Updates = z
  .strictObject(fields, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : noUpdatesMessage),
  })
  .partial()
  .refine((updates) => Object.keys(updates).length > 0, { error: noUpdatesMessage });

export const RemovalReason = text('removalReason', 0, 500, true);

/** Content as its creator registers it. It has no price until one is set on the chain. */
export const NewContent = z.strictObject({
  contentId: ContentId,
  title: fields.title,
  description: fields.description.optional(),
  contentType: fields.contentType,
  tokenGating: fields.tokenGating.optional(),
  refundable: fields.refundable.optional(),
  refundWindowDays: fields.refundWindowDays.optional(),
});
type NewContent = z.output<typeof NewContent>;

/** Content as the API returns it. */
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
type Content = z.output<typeof Content>;

/** Content as it is stored. */
export const ContentRecord = stored(
  'content',
  Content.extend({
    tenantId: z.string(),
    /** Counts the changes of all fields but the price, which the chain orders. */
    version: z.int(),
    /** The fingerprint of the request that registered it, if that had an idempotency key. */
    registration: z.string().optional(),
  }),
);
export type ContentRecord = z.output<typeof ContentRecord>;

/** @param now RFC 3339. */
export const newContentRecord = (
  content: NewContent,
  owner: { creator: string; tenantId: string; registration?: string | undefined },
  now: string,
): ContentRecord => ({
  ...{ description: '', tokenGating: false, refundable: false, refundWindowDays: 0 },
  ...content,
  ...owner,
  ...{ price: null, priceTxId: null, isRemoved: false, createdAt: now, updatedAt: now, version: 1 },
});

/** The reply for content. The reason of a removal is for the creator only. */
export function contentToReply(record: ContentRecord, toCreator: boolean): Content {
  const {
    tenantId: _tenant,
    version: _version,
    registration: _registration,
    removalReason,
    ...content
  } = record;
  return toCreator && removalReason !== undefined ? { ...content, removalReason } : content;
}
