import type { Effort } from '../options.ts';

/** Batches of one record, of a page, of the most that one transaction carries, one more than that, the API's largest, and beyond. */
export const sizesOf = ({ quick }: Effort): number[] =>
  quick ? [1, 100, 500] : [1, 25, 97, 100, 500, 2_000];
