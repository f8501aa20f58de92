import { stringify } from 'csv-stringify/sync';
import { readCsv } from '../../../core/files/csv.ts';
import { type FileReport, reportOf } from '../../../core/files/report.ts';
import { type FileRow, withoutEmptyEnd } from '../../../core/files/row.ts';
import { present } from '../../../core/invariant.ts';
import type { Collection, Column, Identified } from './collection.ts';
import type { Language } from './display.ts';
import { absentCell, id } from './fields.ts';

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

/**
 * Rows as RFC 4180: CRLF at the end of each row. A field that contains CR, LF or what some programs take for
 * a separator is quoted.
 */
const csvOf = (rows: string[][]): string =>
  stringify(rows, { record_delimiter: 'windows', quoted_match: /[\r\n;\t]/ });

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

/** A CSV that was read, and what was understood of it. */
interface ReadCsvRows {
  rows: CsvRow[];
  /** The number of each of them in the file, whose header counts, too. */
  numbers: number[];
  file: FileReport;
}

/** Cells of a row without the empty ones for which there is no title. */
function cellsOf(cells: string[], titles: string[], number: number): string[] {
  if (withoutEmptyEnd(cells).length > titles.length)
    throw new NotACsv(`is no CSV that can be read: row ${number} has more cells than titles`);
  if (cells.length < titles.length)
    throw new NotACsv(`is no CSV that can be read: row ${number} has fewer cells than titles`);
  return cells.slice(0, titles.length);
}

/** A title without what people and programs write differently: case, blanks, punctuation. */
const plain = (title: string): string => title.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Rows among which the header is looked for, so that a refusal can name it. */
const headerRowsMax = 20;

/**
 * The titles of the collection's columns in the cells of the header; `undefined` for a cell that is none.
 *
 * @param known titles by their plain spelling.
 */
const titlesOf = ({ cells }: FileRow, known: ReadonlyMap<string, string>): (string | undefined)[] =>
  withoutEmptyEnd(cells).map((cell) => known.get(plain(cell)));

const isHeader = (titles: (string | undefined)[]): titles is string[] =>
  titles.includes('ID') && !titles.includes(undefined);

/** Says why the first row is no header, and where the header is, if there is one. */
function headerProblem(rows: FileRow[], known: ReadonlyMap<string, string>): NotACsv {
  const must = `must begin with a row of the columns ${[...known.values()].join(', ')}`;
  const [first, ...others] = rows.slice(0, headerRowsMax);
  if (!first) return new NotACsv(`${must}: it has no row`);
  const named = others.find((row) => isHeader(titlesOf(row, known)));
  if (named) return new NotACsv(`${must}: row ${named.number} names them, so leave out the rows above it`);
  const unknown = titlesOf(first, known).indexOf(undefined);
  return new NotACsv(
    unknown < 0
      ? `${must}: row ${first.number}, the first, has no column ID`
      : `${must}: in row ${first.number}, the first, cell ${unknown + 1} is none of them`,
  );
}

/**
 * Parses a CSV. Its columns may be a subset of the collection's in any order, but must include `ID`. Case,
 * blanks and punctuation of titles do not matter. Empty columns at the end and empty rows are ignored.
 *
 * @throws NotACsv with the reason and the number of the row.
 */
export function rowsOf<R extends Identified>({ columns }: Collection<R>, text: string): ReadCsvRows {
  const known = new Map(columns.map(({ title }) => [plain(title), title]));
  const { separator, rows: read } = readCsv(text, (cell) => known.has(plain(cell)));
  const all = read.map((row) => {
    if ('error' in row) throw new NotACsv(`is no CSV that can be read: row ${row.number}: ${row.error}`);
    return row;
  });
  const [header, ...others] = all;
  const titles = header ? titlesOf(header, known) : [];
  if (!header || !isHeader(titles)) throw headerProblem(all, known);
  if (new Set(titles).size < titles.length)
    throw new NotACsv(`must have each column once, which row ${header.number} has not`);
  const file = reportOf({
    ...{ kind: 'csv', encoding: 'UTF-8', separator, header_row: header.number },
    columns: titles.map((title, position) => ({ header: header.cells[position] ?? '', field: title })),
    ...{ rows_read: others.length, rows_left_out: [] },
  });
  const rows = others.map(({ number, cells }) => {
    const its = cellsOf(cells, titles, number);
    return new Map(
      titles.map((title, index) => [title, present(its[index], 'each row has as many cells as titles')]),
    );
  });
  return { rows, numbers: others.map(({ number }) => number), file };
}

/**
 * The value of a cell as a record has it. A cell that does not fit the type is left as it is, so that the
 * schema refuses it.
 */
function readCell({ type, absent }: Pick<Column<unknown>, 'type' | 'absent'>, cell: string): unknown {
  const bare = cell.trim();
  if (absent && bare.toUpperCase() === absentCell) return null;
  if (type === 'text') return unescaped(cell);
  if (type === 'id') return /^\d{1,16}$/.test(bare) ? Number(bare) : cell;
  if (type === 'flag') return { yes: true, no: false, true: true, false: false }[bare.toLowerCase()] ?? cell;
  const [, day, time, seconds = ':00'] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?Z?$/.exec(bare) ?? [];
  return type !== 'amount' && day ? `${day}T${time}${seconds}Z` : bare;
}

/**
 * The id of a row, also one that a spreadsheet shows with zeros before it; `undefined` if its cell is not an
 * id.
 */
export const idOfRow = (row: CsvRow): number | undefined => {
  const cell = present(row.get('ID'), 'a CSV without the column ID is refused');
  return id.safeParse(readCell({ type: 'id' }, cell)).data;
};

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
