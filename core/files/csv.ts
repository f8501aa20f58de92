import { isStorable } from '../text.ts';
import { csvRecords } from './csv-records.ts';
import { replacementCharacter } from './encoding.ts';
import { columnsMax, type ParsedRow, withoutEmptyEnd } from './row.ts';
import { type Separator, separatorOf } from './separator.ts';

/** A CSV text that was read. */
export interface CsvTable {
  separator: Separator;
  /** Rows that are not blank, the header among them. Cells are as they were written, blanks included. */
  rows: ParsedRow[];
}

function checked(row: ParsedRow): ParsedRow {
  if ('error' in row) return row;
  const { number, cells } = row;
  const refused = (error: string): ParsedRow => ({ number, error, lines: [cells.slice(0, columnsMax)] });
  if (withoutEmptyEnd(cells).length > columnsMax) return refused(`More than ${columnsMax} columns`);
  if (cells.some((cell) => cell.includes(replacementCharacter)))
    return refused('A character cannot be read: save the file as UTF-8');
  if (!cells.every((cell) => isStorable(cell, true))) return refused('Control characters are not allowed');
  return row;
}

/** A first line by which Excel reads and writes the separator; it is not a row. */
const namedSeparatorPattern = /^sep=([,;\t])(?:\r\n|\r|\n)/;

/**
 * Reads a CSV text. A row that cannot be read is told by its number, and costs none of the others.
 *
 * @param isHeader true for the header of a known column, which decides between separators in a tie.
 */
export function readCsv(text: string, isHeader: (cell: string) => boolean): CsvTable {
  const marked = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const named = namedSeparatorPattern.exec(marked);
  const body = named ? marked.slice(named[0].length) : marked;
  const separator = (named?.[1] as Separator | undefined) ?? separatorOf(body, isHeader);
  return { separator, rows: csvRecords(body, separator).map(checked) };
}
