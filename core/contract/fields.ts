import * as z from 'zod';
import { isStorable } from '../text.ts';

/** The shape of a text on one line, of characters that can be stored and shown. */
export const line = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((text) => isStorable(text, false), 'must not contain control characters');
