import { Problem } from '../../../../core/http/problem.ts';
import { unreadable } from '../../errors.ts';
import { fileKindOf, type ParsedRow, readRows } from '../../files/rows.ts';
import { columnsOf, isNamed, type Meaning, meaningsOf } from './columns.ts';
import { type ImportRequest, importContactsMax, tooManyContacts } from './request.ts';
import { readImportRow } from './row.ts';

const missing = (field: string) =>
  new Problem('invalid', `${field} is required for this import_type`, {
    details: { field, constraint: 'required' },
  });

/** A row of an import with the meaning of its cells. */
interface ImportRow {
  row: ParsedRow;
  meanings: Meaning[];
}

/** Rows of a file below its header. @throws Problem if the file is not of the declared kind. */
function fileRows(file: Buffer, kind: 'csv' | 'excel'): ImportRow[] {
  const isWorkbook = fileKindOf(file) === 'xlsx';
  if (kind === 'csv' && isWorkbook) throw unreadable('The file is a workbook: its import_type is excel');
  if (kind === 'excel' && !isWorkbook) throw unreadable('The file is no Excel workbook: save it as .xlsx');
  const [header, ...rows] = readRows(file, { rows: importContactsMax, tooMany: tooManyContacts });
  if ('error' in header) throw unreadable(`The first row cannot be read: ${header.error}`);
  const meanings = columnsOf(header);
  if (rows.length === 0) throw unreadable('The file has no contacts below its header');
  return rows.map((row) => ({ row, meanings }));
}

/** A field of a phone contact as a cell; `undefined` if it is neither a text nor a list of texts. */
function cellOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value))
    return value.every((one) => typeof one === 'string') ? value.join(',') : undefined;
  return typeof value === 'object' ? undefined : String(value).trim();
}

function contactRow(contact: Record<string, unknown>, index: number): ImportRow {
  const number = index + 1;
  const meanings = meaningsOf(Object.keys(contact));
  const cells = Object.values(contact).map(cellOf);
  const error = meanings.every(isNamed)
    ? 'A field is neither text nor a list of texts'
    : 'A field has a name that is too long, or has control characters';
  const isReadable = meanings.every(isNamed) && cells.every((cell) => cell !== undefined);
  return { row: isReadable ? { number, cells } : { number, error }, meanings };
}

/**
 * Rows of an import. In a file the header is row 1; phone contacts are numbered from 1.
 *
 * @throws Problem for an import without a source, or with one that cannot be read.
 */
function importRows({ import_type, csv_data, file, contacts }: ImportRequest): ImportRow[] {
  switch (import_type) {
    case 'phone_contacts':
      if (!contacts) throw missing('contacts');
      return contacts.map(contactRow);
    case 'excel':
      if (!file) throw missing('file');
      return fileRows(file, 'excel');
    case 'csv': {
      const source = file ?? (csv_data === undefined ? undefined : Buffer.from(csv_data, 'utf8'));
      if (!source) throw missing('csv_data');
      return fileRows(source, 'csv');
    }
  }
}

/**
 * Reads an import: its candidates, the errors of rows that cannot be used, and the number of rows.
 *
 * @throws Problem as `importRows` does.
 */
export function readImport(request: ImportRequest) {
  const read = importRows(request).map(({ row, meanings }) => readImportRow(row, meanings));
  const candidates = read.filter((one) => 'phone' in one);
  const errors = read.filter((one) => 'error' in one);
  return { candidates, errors, total: read.length };
}
