import * as z from 'zod';

/**
 * The schema of a `limit` in a query: digits only, so that `1e3` and the empty text are refused. A number of
 * any length above `max` counts as `max`.
 *
 * @param otherwise its default.
 */
export const pageLimit = (max: number, otherwise: number, error: string) =>
  z
    .string({ error })
    .regex(/^\d+$/, { error })
    .transform((digits) => Math.min(Number(digits), max))
    .refine((value) => value >= 1, { error })
    .default(otherwise)
    .meta({
      type: 'integer',
      minimum: 1,
      default: otherwise,
      description: `More than ${max} counts as ${max}.`,
    });

/**
 * The schema of a whole number from 0 in a query, such as an `offset`: at most nine digits, and only digits.
 * Its default is 0.
 */
export const wholeNumber = (error: string) =>
  z
    .string({ error })
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .default(0)
    .meta({ type: 'integer', minimum: 0, maximum: 999_999_999, default: 0 });

/** The schema of a truth in a query, as browsers, Python and people write it, in any case. */
export const truth = (error: string) =>
  z
    .stringbool({ truthy: ['true', 'on', 'yes', '1'], falsy: ['false', 'off', 'no', '0'], error })
    .meta({ type: 'boolean' });

/** A rule for several parameters, with the error that it gives and the parameter that is named. */
export type QueryRule<Q> = [holds: (query: Q) => boolean, refusal: { error: string; path: string[] }];

/** A page begins at a cursor or at an offset: of both, one would be ignored. */
export const oneBeginning: QueryRule<{ offset: number; cursor?: unknown }> = [
  ({ offset, cursor }) => offset === 0 || cursor === undefined,
  { error: 'must not be given beside cursor, which says itself where the page begins', path: ['offset'] },
];
