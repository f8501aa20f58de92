import type { FileReport } from '../../../core/files/report.ts';
import { columnsMax, type FileRow, type ParsedRow } from '../../../core/files/row.ts';
import { unreadable } from '../errors.ts';
import { readWrittenPhone } from '../phone.ts';
import { fieldOf, withoutBrackets } from './header-words.ts';
import type { Table } from './table.ts';

/** Rows among which the header is looked for: titles and instructions may stand above it. */
const headerRowsMax = 20;

/** What a number looks like that may be a phone, also one with a typing error. */
const numberPattern = /^[+(]?\d[\d\s().\-/]{6,}$/;
const datePattern = /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:\s|$)/;

/** True for what looks like a phone, without a look at the numbering plans. */
const isNumberLike = (cell: string): boolean =>
  cell.length <= 40 && numberPattern.test(cell) && !datePattern.test(cell);

const isPhoneLike = (cell: string): boolean =>
  isNumberLike(cell) || (!datePattern.test(cell) && readWrittenPhone(cell) !== undefined);

const holdsPhone = ({ cells, digits = {} }: FileRow): boolean =>
  [...cells, ...Object.values(digits)].some(isPhoneLike);

/** A file with its header found. */
export interface HeadedTable extends Omit<Table, 'rows'> {
  header: FileRow;
  /** Rows below the header. */
  rows: ParsedRow[];
  /** Rows above it: titles and instructions. */
  above: ParsedRow[];
}

export interface HeaderRules {
  /** True if the first row may be a header though none of its cells names a phone. */
  byPosition: boolean;
  /** How to name the columns, for a file without a header. */
  advice: string;
  rowsMax: number;
  /** Error message for a file with more rows. */
  tooMany: string;
}

/** A phone inside of a header, as where the line end between the header and the first row is lost. */
const insidePattern = /\d{9}|\+\d{7}/;

/**
 * Refuses a header that holds a phone, or has merged cells: of which column a name is, or whether it goes on
 * below, is unknown then.
 */
function checkHeader({ number, cells }: FileRow, merges: Table['merges']): void {
  if (cells.some((cell) => insidePattern.test(withoutBrackets(cell))))
    throw unreadable(`Row ${number}, the header, holds a phone number: begin a new row below the header`);
  const isInHeader = merges.some(({ rows: [first, last] }) => first <= number && number <= last);
  if (isInHeader)
    throw unreadable(
      `Row ${number}, the header, has merged cells: give each column one cell with its name, in one row`,
    );
}

/** Known headers of a row that names a phone; 0 for any other row. */
function knownHeaders(row: ParsedRow): number {
  const fields = 'cells' in row ? row.cells.map(fieldOf) : [];
  return fields.includes('phone') ? fields.filter((field) => field !== undefined).length : 0;
}

/**
 * Position of the header: of the rows above the first that holds a phone, the one that names a phone and the
 * most fields; -1 if none does.
 */
function namedHeaderAt(rows: ParsedRow[]): number {
  const first = rows.slice(0, headerRowsMax);
  const held = first.findIndex((row) => 'cells' in row && holdsPhone(row));
  const known = (held < 0 ? first : first.slice(0, held)).map(knownHeaders);
  const most = Math.max(0, ...known);
  return most > 0 ? known.indexOf(most) : -1;
}

/** Says what is wrong with a first row that names no phone. */
function headerProblem(top: ParsedRow, { advice }: HeaderRules): Error {
  if ('error' in top) return unreadable(`Row ${top.number}, the first, cannot be read: ${top.error}`);
  return holdsPhone(top)
    ? unreadable(
        `Row ${top.number} holds a phone number where the header should be: add a row above it that names the columns, ${advice}`,
      )
    : unreadable(`Row ${top.number}, the first, must name the columns, ${advice}`);
}

/** Positions of columns with phones; the first if no header says so. */
function phonePositions(headers: string[]): number[] {
  const named = headers.flatMap((header, position) => (fieldOf(header) === 'phone' ? [position] : []));
  return named.length > 0 ? named : [0];
}

const linesOf = (text: string): string[] => text.split(/\r\n|\r|\n/);

/** Cells of a line that was read as a part of a cell. */
const cellsOf = (line: string, separator: string): string[] =>
  line.split(separator, columnsMax).map((cell) => cell.replaceAll('"', '').trim());

/** Tells rows with a cell whose lines look like rows with a phone: two stray quotes make one cell of them. */
function withoutHiddenRows(rows: ParsedRow[], header: FileRow, separator: string): ParsedRow[] {
  const phonesAt = phonePositions(header.cells);
  const isRow = (line: string): boolean => {
    const cells = cellsOf(line, separator);
    const hasPhone = phonesAt.some((position) => isNumberLike(cells[position] ?? ''));
    return cells.length > 1 && cells.length <= header.cells.length && hasPhone;
  };
  const holdsRows = (cell: string): boolean => /[\r\n]/.test(cell) && linesOf(cell).slice(1).some(isRow);
  return rows.map((row) =>
    'cells' in row && row.cells.some(holdsRows)
      ? {
          number: row.number,
          error: 'A cell holds what looks like other rows: a quote may not be closed',
          lines: linesOf(row.cells.join(separator)).map((line) => cellsOf(line, separator)),
        }
      : row,
  );
}

/**
 * Finds the header of a file. Above it there may be rows without phones; these are told in the report.
 *
 * @throws Problem `invalid` that names the row, for a file without a header or with merged cells in it, and
 * for too many rows.
 */
export function headedTable({ rows, ...table }: Table, rules: HeaderRules): HeadedTable {
  const named = namedHeaderAt(rows);
  const at = Math.max(named, 0);
  const [header = rows[0], ...below] = rows.slice(at);
  if (below.length > rules.rowsMax) throw unreadable(rules.tooMany);
  if ('error' in header || (named < 0 && !(rules.byPosition && !holdsPhone(header))))
    throw headerProblem(header, rules);
  checkHeader(header, table.merges);
  const { separator } = table;
  const told = separator === null ? below : withoutHiddenRows(below, header, separator);
  return { ...table, header, rows: told, above: rows.slice(0, at) };
}

/**
 * What was understood of a file.
 *
 * @param fields the field of each column; `null` for one that is ignored.
 */
export const headerReportOf = (
  { kind, encoding, separator, header, rows, above }: HeadedTable,
  fields: (string | null)[],
): FileReport => ({
  ...{ kind, encoding, separator, header_row: header.number },
  columns: fields.map((field, position) => ({ header: header.cells[position] ?? '', field })),
  rows_read: rows.length,
  rows_left_out: [
    ...above.map(({ number }) => ({ row: number, reason: 'Above the header' })),
    ...rows.flatMap((row) => ('error' in row ? [{ row: row.number, reason: row.error }] : [])),
  ],
});
