import { unreadable } from '../errors.ts';
import { csvRows } from './csv.ts';
import type { ParsedRow } from './row.ts';
import { spreadsheetRows } from './spreadsheet.ts';

export type { FileRow, ParsedRow } from './row.ts';

/** First bytes of a file, which tell its kind; its name is not trusted. */
const zipSignature = Buffer.from('PK');
const xlsSignature = Buffer.from('d0cf11e0a1b11ae1', 'hex');

export type FileKind = 'xlsx' | 'csv';

/**
 * Kind of a file by its first bytes.
 *
 * @throws Problem for workbooks of Excel 97–2003 and those with a password: both begin with the same bytes.
 */
export function fileKindOf(file: Buffer): FileKind {
  if (file.length === 0) throw unreadable('The file is empty');
  if (file.subarray(0, xlsSignature.length).equals(xlsSignature))
    throw unreadable('Workbooks of Excel 97-2003 (.xls) and protected ones cannot be read: save it as .xlsx');
  return file.subarray(0, zipSignature.length).equals(zipSignature) ? 'xlsx' : 'csv';
}

/**
 * Rows of an .xlsx workbook or a CSV text that are not blank, the header first.
 *
 * @param limits.rows maximum number of rows below the header.
 * @param limits.tooMany error message for a file with more rows.
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
