import * as z from 'zod';
import { readEmailAddress } from '../../../core/email-address.ts';
import { isStorable, normalized } from '../../../core/text.ts';

/**
 * A text with a length between these bounds, in UTF-16 code units, stored in NFC. Blanks around it do not
 * count for the lower bound. `severalLines` allows line breaks and TABs.
 */
export const text = (max: number, { min = 0, severalLines = false } = {}) => {
  const error = `must be a text of ${min > 0 ? `${min} to` : 'at most'} ${max} characters`;
  return z
    .string({ error })
    .max(max, { error })
    .transform(normalized)
    .refine((value) => value.length <= max && (min === 0 || value.trim().length >= min), { error })
    .refine((value) => isStorable(value, severalLines), { error: 'has characters that cannot be stored' });
};

/** The cell of an absent value in a CSV; a text of such a column must not equal it, in whatever case. */
export const absentCell = 'N/A';

export const username = text(150, { min: 1 }).refine((name) => name.trim().toUpperCase() !== absentCell, {
  error: 'must be a name',
});

/** A number as spreadsheets shorten it: the digits that it lacks are lost. */
const shortenedNumber = /^[+-]?\d([.,]\d+)?E[+-]?\d+$/i;

/** A phone as its user wrote it. */
export const phone = text(32).refine((value) => !shortenedNumber.test(value.trim()), {
  error: 'is a number that a spreadsheet has shortened: give all of its digits, in a column of texts',
});

const notAnEmail = { error: 'must be an e-mail address' };
/** An e-mail address as `readEmailAddress` reads it, or an empty text. */
export const email = z
  .string(notAnEmail)
  .transform((value) => (value.trim() === '' ? '' : readEmailAddress(value)))
  .pipe(z.string(notAnEmail));

const notAnId = 'must be a positive whole number';

/** An id of a record: a whole number that JSON carries exactly. */
export const id = z.int({ error: notAnId }).positive({ error: notAnId });

/** The ids of a bulk operation: 1 to 100. */
export const ids = z
  .array(id, { error: 'must be a non-empty list' })
  .min(1, { error: 'must be a non-empty list' })
  .max(100, { error: 'must have at most 100 ids' });

/** An amount as text, since binary floating point cannot represent most cents. */
export const money = z
  .string({ error: 'must be an amount as text, such as "150.00"' })
  .regex(/^\d{1,10}(\.\d{1,2})?$/, { error: 'must be an amount as text, such as "150.00"' })
  .transform((amount) => {
    const [whole = '', cents = ''] = amount.split('.');
    return `${BigInt(whole)}.${cents.padEnd(2, '0')}`;
  });

const notATime = 'must be a time as in RFC 3339, such as 2025-11-17T10:30:00Z';

/** An instant in UTC, to the second, normalized so that texts sort in the order of time. */
export const instant = z
  .string({ error: notATime })
  .max(40, { error: notATime })
  .refine((value) => z.iso.datetime({ offset: true }).safeParse(value).success, { error: notATime })
  .transform((value) => `${new Date(value).toISOString().slice(0, -5)}Z`)
  .refine((value) => value >= '1900' && value < '2200', { error: notATime });

export const flag = z.boolean({ error: 'must be true or false' });

const notADay = 'must be a date as YYYY-MM-DD';

export const day = z
  .string({ error: notADay })
  .refine((value) => z.iso.date().safeParse(value).success && value >= '1900', { error: notADay })
  .meta({ type: 'string', format: 'date' });
