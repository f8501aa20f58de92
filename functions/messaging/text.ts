import * as z from 'zod';
import { isStorable, normalized } from '../../core/text.ts';

/** A boundedText that can be stored, of `min` to `max` characters without the spaces around it, in the form in which texts are compared. */
export const boundedText = (min: number, max: number, severalLines = false) =>
  z
    .string()
    // The length is capped before anything else looks at the boundedText.
    .max(max, { abort: true })
    .refine((value) => isStorable(value, severalLines), {
      error: 'Control characters are not allowed',
      abort: true,
    })
    .transform((value) => normalized(value).trim())
    .pipe(z.string().min(min).max(max));

/** A number of the query: digits only, so that neither `1e3` nor an empty boundedText passes as one. */
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
