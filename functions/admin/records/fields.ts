import * as z from 'zod';
import { isStorable, normalized } from '../../../core/text.ts';

/** A text between these lengths, in characters of UTF-16, stored in NFC. `severalLines` allows line breaks and TABs. */
export const text = (max: number, { min = 0, severalLines = false } = {}) => {
  const error = `must be a text of ${min > 0 ? `${min} to` : 'at most'} ${max} characters`;
  return z
    .string({ error })
    .max(max, { error })
    .transform(normalized)
    .refine((value) => value.length >= min && value.length <= max, { error })
    .refine((value) => isStorable(value, severalLines), { error: 'has characters that cannot be stored' });
};

/** What a CSV shows for a value that there is none of, and so no text that stands in such a place may be. */
export const ABSENT = 'N/A';

export const username = text(150, { min: 1 }).refine((name) => name !== ABSENT, {
  error: 'must be a name',
});

const NOT_AN_EMAIL = { error: 'must be an e-mail address' };
export const email = z
  .string(NOT_AN_EMAIL)
  .max(254, NOT_AN_EMAIL)
  .refine((value) => value === '' || z.email().safeParse(value).success, NOT_AN_EMAIL);

const NOT_AN_ID = 'must be a positive whole number';

/** Ids of records: whole numbers that JSON carries exactly. */
export const id = z.int({ error: NOT_AN_ID }).positive({ error: NOT_AN_ID });

/** The ids of a bulk operation. */
export const ids = z
  .array(id, { error: 'must be a non-empty list' })
  .min(1, { error: 'must be a non-empty list' })
  .max(100, { error: 'must have at most 100 ids' });

/** An amount as text, since binary fractions cannot hold tenths. */
export const money = z
  .string({ error: 'must be an amount as text, such as "150.00"' })
  .regex(/^\d{1,10}(\.\d{1,2})?$/, { error: 'must be an amount as text, such as "150.00"' })
  .transform((amount) => {
    const [whole = '', cents = ''] = amount.split('.');
    return `${BigInt(whole)}.${cents.padEnd(2, '0')}`;
  });

const NOT_A_TIME = 'must be a time as in RFC 3339, such as 2025-11-17T10:30:00Z';

/** An instant in UTC, to the second: as texts they are in the order of time. */
export const instant = z
  .string({ error: NOT_A_TIME })
  .max(40, { error: NOT_A_TIME })
  .refine((value) => z.iso.datetime({ offset: true }).safeParse(value).success, { error: NOT_A_TIME })
  .transform((value) => `${new Date(value).toISOString().slice(0, -5)}Z`)
  .refine((value) => value >= '1900' && value < '2200', { error: NOT_A_TIME });

export const flag = z.boolean({ error: 'must be true or false' });

/** A number of the query: digits only, so that neither `1e3` nor an empty text passes as one. */
export const digits = (min: number, otherwise: number) => {
  const error = `must be a whole number from ${min} up`;
  return z
    .string({ error })
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .refine((value) => value >= min, { error })
    .default(otherwise)
    .meta({ type: 'integer', minimum: min, default: otherwise });
};

export const flagOfQuery = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((value) => value === 'true')
  .meta({ type: 'boolean' });

const NOT_A_DAY = 'must be a date as YYYY-MM-DD';

export const day = z
  .string({ error: NOT_A_DAY })
  .refine((value) => z.iso.date().safeParse(value).success && value >= '1900', { error: NOT_A_DAY })
  .meta({ type: 'string', format: 'date' });
