import type { FileReport } from '../../../../core/files/report.ts';
import { Problem } from '../../../../core/http/problem.ts';
import { unreadable } from '../../errors.ts';
import {
  type Consent,
  fileKindOf,
  fileReportOf,
  type HeadedTable,
  joined,
  type RowConsent,
  readRows,
} from '../../files/rows.ts';
import { columnsOf, fieldNameOf, type Meaning } from './columns.ts';
import { contactRow } from './phone-contact.ts';
import { type ImportRequest, importContactsMax, tooManyContacts } from './request.ts';
import { type ImportRow, readImportRow } from './row.ts';

const missing = (field: string) =>
  new Problem('invalid', `${field} is required for this import_type`, {
    details: { field, constraint: 'required' },
  });

/** The rows of an import, and what was understood of its file. */
interface ImportRows {
  rows: ImportRow[];
  file?: FileReport;
}

const rules = {
  byPosition: false,
  advice: 'one of them phone_e164',
  rowsMax: importContactsMax,
  tooMany: tooManyContacts,
};

/** A column without a header and without values is ignored. */
const isUsed = ({ header, rows }: HeadedTable, position: number): boolean =>
  (header.cells[position] ?? '') !== '' ||
  rows.some((row) => 'cells' in row && (row.cells[position] ?? '') !== '');

/** Rows of a file below its header. @throws Problem if the file is not of the declared kind. */
function fileRows(source: Buffer | string, kind: 'csv' | 'excel'): ImportRows {
  const isWorkbook = typeof source !== 'string' && fileKindOf(source) === 'xlsx';
  if (kind === 'csv' && isWorkbook) throw unreadable('The file is a workbook: its import_type is excel');
  if (kind === 'excel' && !isWorkbook) throw unreadable('The file is no Excel workbook: save it as .xlsx');
  const table = readRows(source, rules);
  const meanings = columnsOf(table.header.cells);
  if (table.rows.length === 0) throw unreadable('The file has no contacts below its header');
  const fields = meanings.map((meaning: Meaning, at) => (isUsed(table, at) ? fieldNameOf(meaning) : null));
  return { rows: table.rows.map((row) => ({ row, meanings })), file: fileReportOf(table, fields) };
}

/**
 * Rows of an import. In a file they are numbered as in a spreadsheet, phone contacts from 1.
 *
 * @throws Problem for an import without a source, or with one that cannot be read.
 */
function importRows({ import_type, csv_data, file, contacts }: ImportRequest): ImportRows {
  switch (import_type) {
    case 'phone_contacts':
      if (!contacts) throw missing('contacts');
      return { rows: contacts.map(contactRow) };
    case 'excel':
      if (!file) throw missing('file');
      return fileRows(file, 'excel');
    case 'csv': {
      const source = file ?? csv_data;
      if (source === undefined) throw missing('csv_data');
      return fileRows(source, 'csv');
    }
  }
}

/** What all rows together say about the consent of each phone: a person who is out by one row is out. */
function consentsOf(said: RowConsent[]): Map<string, Consent> {
  const consents = new Map<string, Consent>();
  for (const { phone, consent } of said)
    consents.set(phone, joined([consents.get(phone) ?? 'none', consent]));
  return consents;
}

/**
 * Reads an import: its candidates, the errors of rows that cannot be used, the number of rows, what the rows
 * say about consent by phone, and what was understood of the file.
 *
 * @throws Problem as `importRows` does.
 */
export function readImport(request: ImportRequest) {
  const { rows, file } = importRows(request);
  const read = rows.map(readImportRow);
  const candidates = read.filter((one) => 'phone' in one);
  const errors = read.filter((one) => 'error' in one);
  const consents = consentsOf(read.flatMap((one) => one.consents ?? []));
  return { candidates, errors, total: read.length, consents, file };
}
