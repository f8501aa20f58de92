import * as z from 'zod';
import { isStorable, normalized } from '../../core/text.ts';

/**
 * Schema of a storable text of `min` to `max` characters. Its output is trimmed and in Unicode NFC, the form
 * in which texts are compared.
 */
export const boundedText = (min: number, max: number, severalLines = false) =>
  z
    .string()
    // The length is checked first, so that no other check runs on a long text.
    .max(max, { abort: true })
    .refine((value) => isStorable(value, severalLines), {
      error: 'Control characters are not allowed',
      abort: true,
    })
    .transform((value) => normalized(value).trim())
    .pipe(z.string().min(min).max(max));

/** Schema of a whole number in the query: digits only, so that neither `1e3` nor an empty text passes. */
export const wholeNumber = (name: string, min: number, max: number, otherwise: number) => {
  const error = `${name} must be a whole number from ${min} to ${max}`;
  return z
    .string({ error })
    .regex(/^\d{1,9}$/, { error, abort: true })
    .transform(Number)
    .pipe(z.int().min(min, { error }).max(max, { error }))
    .optional()
    .transform((value) => value ?? otherwise)
    .meta({ type: 'integer', minimum: min, maximum: max });
};
