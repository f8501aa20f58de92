import * as z from 'zod';
import { isBlank, isStorable, normalized } from '../../core/text.ts';

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
    .transform((value) => (isBlank(value) ? '' : normalized(value).trim()))
    .pipe(z.string().min(min).max(max));
