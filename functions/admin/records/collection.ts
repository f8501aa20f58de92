import type * as z from 'zod';
import type { Language } from './display.ts';

export type CollectionName = 'orders' | 'users' | 'services';

/**
 * The format of a column's cells. `text` is escaped for spreadsheets, the other types never need it. `minute`
 * and `second` are instants in UTC, truncated to that unit.
 */
type ColumnType = 'id' | 'text' | 'amount' | 'flag' | 'minute' | 'second';

/** One column of a CSV. */
export interface Column<R> {
  title: string;
  type: ColumnType;
  /** True if the value may be absent: its cell is then `N/A`, which no value of the column may be. */
  absent?: true;
  /** The value that is shown; null if absent. */
  of(record: R, language: Language): string | number | boolean | null;
  /** The fields of the record that a cell's value sets; the record's schema checks them later. */
  put(record: Partial<R>, value: unknown): object;
}

/** Every record has an id, unique in its tenant and collection. */
export interface Identified {
  id: number;
}

/** One kind of record: its schema, its order in lists, and its representation in JSON and CSV. */
export interface Collection<R extends Identified> {
  name: CollectionName;
  /** Checks a record that is imported. */
  row: z.ZodType<R>;
  /** All combinations of the values that exports filter by. Letters, digits, `_` and `.` only. */
  facets: readonly string[];
  facetOf(record: R): string;
  /** The instant that lists are ordered by; ties are ordered by id. */
  createdAt(record: R): string;
  /** The record in an answer, with its fields in the API's order. */
  toReply(record: R, language: Language): object;
  /** The fields that only `toReply` adds. */
  displays: readonly string[];
  columns: readonly Column<R>[];
}
