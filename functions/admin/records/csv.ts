import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { Collection, Column } from './collection.ts';
import type { Language } from './display.ts';
import { ABSENT } from './fields.ts';

/**
 * What a spreadsheet would take for a formula (OWASP, CSV Injection), and what could be taken for one that was made safe: so that taking the
 * apostrophe off again always gives back what was there.
 */
const FORMULA = /^'*[=+\-@\t\r]/;

const safe = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);
const unsafe = (text: string): string => (text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text);

function cellOf<R>({ type, of }: Column<R>, record: R, language: Language): string {
  const value = of(record, language);
  if (value === null) return ABSENT;
  if (type === 'flag') return value ? 'Yes' : 'No';
  if (type === 'minute') return String(value).slice(0, 16).replace('T', ' ');
  if (type === 'second') return String(value).slice(0, 19).replace('T', ' ');
  return type === 'text' ? safe(String(value)) : String(value);
}

/** RFC 4180: CRLF at the end of each row. A field with either character of it is quoted. */
const written = (rows: string[][]): string =>
  stringify(rows, { record_delimiter: 'windows', quoted_match: /[\r\n]/ });

export const headerLine = <R extends { id: number }>({ columns }: Collection<R>): string =>
  written([columns.map(({ title }) => title)]);

export const lines = <R extends { id: number }>(
  { columns }: Collection<R>,
  records: R[],
  language: Language,
): string => written(records.map((record) => columns.map((column) => cellOf(column, record, language))));

/** A CSV that cannot be read, or that is none of the kind of record that was asked for. */
export class NotACsv extends Error {
  override readonly name = 'NotACsv';
}

/** One row: its cells by title. */
type Row = ReadonlyMap<string, string>;

/**
 * The rows of a CSV whose columns may be some of a kind's, in any order, but with the `ID`.
 *
 * @throws NotACsv with a sentence that quotes nothing of it.
 */
export function rowsOf<R extends { id: number }>({ columns }: Collection<R>, text: string): Row[] {
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
  return rows.map((row) => new Map(titles.map((title, index) => [title, row[index] ?? ''])));
}

/** The id in a row; `undefined` for what is none. */
export const idOf = (row: Row): number | undefined => {
  const text = row.get('ID') ?? '';
  return /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
};

/** The value of a cell, as a record would have it. What is nothing of its type is left as it is, for the schema to refuse. */
function readCell({ type, absent }: Column<never>, cell: string): unknown {
  if (absent && cell === ABSENT) return null;
  if (type === 'id') return /^\d{1,16}$/.test(cell) ? Number(cell) : cell;
  if (type === 'flag') return { yes: true, no: false, true: true, false: false }[cell.toLowerCase()] ?? cell;
  if (type === 'text') return unsafe(cell);
  const [, day, time, seconds = ':00'] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?Z?$/.exec(cell) ?? [];
  return type !== 'amount' && day ? `${day}T${time}${seconds}Z` : cell;
}

/**
 * A row as a record to be checked. Fields that a CSV does not have, or does not have whole, stay as they are: a cell that shows what the
 * record has changes nothing.
 */
export function recordOfRow<R extends { id: number }>(
  { columns }: Collection<R>,
  row: Row,
  before: R | undefined,
): object {
  let record: object = { ...before };
  for (const column of columns) {
    const cell = row.get(column.title);
    if (cell === undefined) continue;
    const shown = before && (['pt-BR', 'en'] as const).map((language) => cellOf(column, before, language));
    if (shown?.includes(cell)) continue;
    record = { ...record, ...column.put(record as Partial<R>, readCell(column as Column<never>, cell)) };
  }
  return record;
}
