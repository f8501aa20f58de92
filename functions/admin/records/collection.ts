import type * as z from 'zod';
import type { Language } from './display.ts';

export const collectionNames = ['orders', 'users', 'services'] as const;
export type CollectionName = (typeof collectionNames)[number];

/**
 * How a column is written: `text` is made safe for spreadsheets, the others are of our own making. `minute` and `second` are instants in
 * UTC, cut there.
 */
type ColumnType = 'id' | 'text' | 'amount' | 'flag' | 'minute' | 'second';

/** One column of a CSV. */
export interface Column<R> {
  title: string;
  type: ColumnType;
  /** Whether there may be no value; `N/A` then stands for it, and for nothing else. */
  absent?: true;
  /** The value that is shown; null for none. */
  of(record: R, language: Language): string | number | boolean | null;
  /** The fields that a value which was read belongs into; what they are worth is for the record's schema to tell. */
  put(record: Partial<R>, value: unknown): object;
}

/** One kind of record: what it consists of, how it is listed and how it is shown. */
export interface Collection<R extends { id: number } = { id: number }> {
  name: CollectionName;
  /** Checks a record that is imported. */
  row: z.ZodType<R>;
  /** All combinations of values that exports filter by. Letters, digits, `_` and `.` only. */
  facets: readonly string[];
  facetOf(record: R): string;
  /** By which lists are ordered, and then by id. */
  createdAt(record: R): string;
  /** A record as a caller sees it, its fields in the order that the API has them in. */
  shown(record: R, language: Language): object;
  /** The fields that only `shown` has. */
  displays: readonly string[];
  columns: readonly Column<R>[];
}
