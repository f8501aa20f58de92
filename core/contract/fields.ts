import * as z from 'zod';
import { isStorable } from '../text.ts';

/**
 * The schema of a text on one line, of characters that can be stored and shown.
 *
 * @param lengthMax in UTF-16 code units.
 */
export const line = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax)
    .refine((text) => isStorable(text, false), 'must not contain control characters');
