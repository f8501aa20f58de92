import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { present } from '../../../core/invariant.ts';
import type { Collection, Column, Identified } from './collection.ts';
import type { Language } from './display.ts';
import { absentCell } from './fields.ts';

/**
 * A text that a spreadsheet would take for a formula (OWASP, CSV Injection), or that looks like an escaped
 * formula. Both are escaped with an apostrophe, so that removing one apostrophe always restores the original.
 */
const formula = /^'*[=+\-@\t\r]/;

const escaped = (text: string): string => (formula.test(text) ? `'${text}` : text);
const unescaped = (text: string): string =>
  text.startsWith("'") && formula.test(text) ? text.slice(1) : text;

function cellOf<R>({ type, of }: Column<R>, record: R, language: Language): string {
  const value = of(record, language);
  if (value === null) return absentCell;
  if (type === 'flag') return value ? 'Yes' : 'No';
  if (type === 'minute') return String(value).slice(0, 16).replace('T', ' ');
  if (type === 'second') return String(value).slice(0, 19).replace('T', ' ');
  return type === 'text' ? escaped(String(value)) : String(value);
}

/** Rows as RFC 4180: CRLF at the end of each row. A field that contains CR or LF is quoted. */
const csvOf = (rows: string[][]): string =>
  stringify(rows, { record_delimiter: 'windows', quoted_match: /[\r\n]/ });

/** The first row: the titles of the columns. */
export const headerLine = <R extends Identified>({ columns }: Collection<R>): string =>
  csvOf([columns.map(({ title }) => title)]);

/** A row for each record. */
export const lines = <R extends Identified>(
  { columns }: Collection<R>,
  records: R[],
  language: Language,
): string => csvOf(records.map((record) => columns.map((column) => cellOf(column, record, language))));

/**
 * A CSV that cannot be parsed, or whose columns are not those of the collection. Its message quotes nothing
 * of the CSV.
 */
export class NotACsv extends Error {
  override readonly name = 'NotACsv';
}

/** The cells of a row by title. */
type CsvRow = ReadonlyMap<string, string>;

/**
 * Parses a CSV. Its columns may be a subset of the collection's in any order, but must include `ID`.
 *
 * @throws NotACsv with the reason.
 */
export function rowsOf<R extends Identified>({ columns }: Collection<R>, text: string): CsvRow[] {
  let cells: string[][];
  try {
    cells = parse(text, {
      bom: true,
      relax_column_count: false,
      skip_empty_lines: true,
      max_record_size: 200_000,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new NotACsv(`is no CSV that can be read: ${error.code}`);
  }
  const [titles = [], ...rows] = cells;
  const known = new Set(columns.map(({ title }) => title));
  if (!titles.includes('ID') || titles.some((title) => !known.has(title)))
    throw new NotACsv(`must begin with a row of the columns ${[...known].join(', ')}`);
  if (new Set(titles).size < titles.length) throw new NotACsv('must have each column once');
  return rows.map(
    (row) =>
      new Map(
        row.map((cell, index) => [present(titles[index], 'each row has as many cells as titles'), cell]),
      ),
  );
}

/** The id of a row; `undefined` if its cell is not an id. */
export const idOfRow = (row: CsvRow): number | undefined => {
  const text = present(row.get('ID'), 'a CSV without the column ID is refused');
  return /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
};

/**
 * The value of a cell as a record has it. A cell that does not fit the type is left as it is, so that the
 * schema refuses it.
 */
function readCell({ type, absent }: Pick<Column<unknown>, 'type' | 'absent'>, cell: string): unknown {
  if (absent && cell === absentCell) return null;
  if (type === 'id') return /^\d{1,16}$/.test(cell) ? Number(cell) : cell;
  if (type === 'flag') return { yes: true, no: false, true: true, false: false }[cell.toLowerCase()] ?? cell;
  if (type === 'text') return unescaped(cell);
  const [, day, time, seconds = ':00'] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?Z?$/.exec(cell) ?? [];
  return type !== 'amount' && day ? `${day}T${time}${seconds}Z` : cell;
}

/**
 * Merges a row into the stored record; the result is to be checked by the schema. Fields that the CSV lacks,
 * or shows only in part, are kept: a cell that equals what the record shows changes nothing.
 */
export function recordOfRow<R extends Identified>(
  { columns }: Collection<R>,
  row: CsvRow,
  before: R | undefined,
): object {
  let record: Partial<R> = before ?? {};
  for (const column of columns) {
    const cell = row.get(column.title);
    if (cell === undefined) continue;
    const shown = before && (['pt-BR', 'en'] as const).map((language) => cellOf(column, before, language));
    if (shown?.includes(cell)) continue;
    record = { ...record, ...column.put(record, readCell(column, cell)) };
  }
  return record;
}
