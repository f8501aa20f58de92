import type { FileReport } from '../../../core/files/report.ts';
import type { FileRow, ParsedRow } from '../../../core/files/row.ts';
import { unreadable } from '../errors.ts';
import { readWrittenPhone } from '../phone.ts';
import { fieldOf } from './header-words.ts';
import type { Table } from './table.ts';

/** Rows among which the header is looked for: titles and instructions may stand above it. */
const headerRowsMax = 20;

/** What a number looks like that may be a phone, also one with a typing error. */
const numberPattern = /^[+(]?\d[\d\s().\-/]{5,}$/;

const holdsPhone = ({ cells, digits = {} }: FileRow): boolean =>
  [...cells, ...Object.values(digits)].some(
    (cell) => numberPattern.test(cell.slice(0, 40)) || readWrittenPhone(cell) !== undefined,
  );

const namesPhone = ({ cells }: FileRow): boolean => cells.some((cell) => fieldOf(cell) === 'phone');

/** A file with its header found. */
export interface HeadedTable extends Omit<Table, 'rows'> {
  header: FileRow;
  /** Rows below the header. */
  rows: ParsedRow[];
  /** Rows above it: titles and instructions. */
  above: ParsedRow[];
}

interface HeaderRules {
  /** True if the first row may be a header though none of its cells names a phone. */
  byPosition: boolean;
  /** How to name the columns, for a file without a header. */
  advice: string;
  rowsMax: number;
  /** Error message for a file with more rows. */
  tooMany: string;
}

/** Refuses a header with merged cells: of which column a name is, or whether it goes on below, is unknown. */
function checkMerges({ number }: FileRow, merges: Table['merges']): void {
  const isInHeader = merges.some(({ rows: [first, last] }) => first <= number && number <= last);
  if (isInHeader)
    throw unreadable(
      `Row ${number}, the header, has merged cells: give each column one cell with its name, in one row`,
    );
}

/** Position of the header: the first row that names a phone, if no row above holds one; else -1. */
function namedHeaderAt(rows: ParsedRow[]): number {
  const first = rows.slice(0, headerRowsMax);
  const named = first.findIndex((row) => 'cells' in row && namesPhone(row));
  return first.slice(0, Math.max(named, 0)).some((row) => 'cells' in row && holdsPhone(row)) ? -1 : named;
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
  checkMerges(header, table.merges);
  return { ...table, header, rows: below, above: rows.slice(0, at) };
}

/**
 * What was understood of a file.
 *
 * @param fields the field of each column; `null` for one that is ignored.
 */
export const fileReportOf = (
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
