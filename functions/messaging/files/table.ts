import type { FileReport } from '../../../core/files/report.ts';
import type { ParsedRow } from '../../../core/files/row.ts';
import { workbookKind } from '../../../core/files/workbook-kind.ts';
import { unreadable } from '../errors.ts';
import { csvFile } from './csv.ts';
import { type Merge, workbookRows } from './workbook.ts';

type FileKind = FileReport['kind'];

/**
 * Kind of a file by its first bytes.
 *
 * @throws Problem for workbooks of Excel 97–2003 and those with a password: both begin with the same bytes.
 */
export function fileKindOf(file: Buffer): FileKind {
  if (file.length === 0) throw unreadable('The file is empty');
  const workbook = workbookKind(file);
  if (workbook === 'xls')
    throw unreadable('Workbooks of Excel 97-2003 (.xls) and protected ones cannot be read: save it as .xlsx');
  return workbook ?? 'csv';
}

/** The rows of a file that are not blank, and how they were read. */
export interface Table extends Pick<FileReport, 'kind' | 'encoding' | 'separator'> {
  rows: [ParsedRow, ...ParsedRow[]];
  /** Cells of a workbook that are merged. */
  merges: readonly Merge[];
}

/**
 * Reads an .xlsx workbook or a CSV.
 *
 * @param isHeader true for the header of a known column.
 * @throws Problem `invalid` for a file that cannot be read, or has no rows.
 */
export function readTable(source: Buffer | string, isHeader: (cell: string) => boolean): Table {
  const { rows, ...how } =
    typeof source !== 'string' && fileKindOf(source) === 'xlsx'
      ? { kind: 'xlsx' as const, encoding: null, separator: null, ...workbookRows(source) }
      : { kind: 'csv' as const, merges: [], ...csvFile(source, isHeader) };
  const [first, ...others] = rows;
  if (!first) throw unreadable('The file has no rows');
  return { ...how, rows: [first, ...others] };
}
