import { unreadable } from '../errors.ts';
import { csvRows } from './csv.ts';
import type { ParsedRow } from './row.ts';
import { spreadsheetRows } from './spreadsheet.ts';

export type { FileRow, ParsedRow } from './row.ts';

/** What a file is by its first bytes, whatever it is called. */
const zipSignature = Buffer.from('PK');
const xlsSignature = Buffer.from('d0cf11e0a1b11ae1', 'hex');

export type FileKind = 'xlsx' | 'csv';

/** @throws Problem for workbooks of Excel 97–2003 and those with a password, which look alike. */
export function fileKindOf(file: Buffer): FileKind {
  if (file.length === 0) throw unreadable('The file is empty');
  if (file.subarray(0, xlsSignature.length).equals(xlsSignature))
    throw unreadable('Workbooks of Excel 97-2003 (.xls) and protected ones cannot be read: save it as .xlsx');
  return file.subarray(0, zipSignature.length).equals(zipSignature) ? 'xlsx' : 'csv';
}

/**
 * The rows of an .xlsx workbook or a CSV text that are not blank, the header first.
 *
 * @param limits.rows the most rows beside the header.
 * @param limits.tooMany what the sender is told of more.
 * @throws Problem `invalid` for a file that cannot be read, or has no rows.
 */
export function readRows(
  file: Buffer,
  limits: { rows: number; tooMany: string },
): [ParsedRow, ...ParsedRow[]] {
  const [header, ...rows] = fileKindOf(file) === 'xlsx' ? spreadsheetRows(file) : csvRows(file);
  if (!header) throw unreadable('The file has no rows');
  if (rows.length > limits.rows) throw unreadable(limits.tooMany);
  return [header, ...rows];
}
