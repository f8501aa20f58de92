import * as z from 'zod';
import { formFile } from '../../core/multipart.ts';
import { Problem } from '../../core/problem.ts';
import { isStorable } from '../../core/text.ts';
import { columnsOf, isNamed, type Meaning, meaningsOf } from './columns.ts';
import { kindOf, type RowRead, readRows } from './rows.ts';
import { unreadable } from './unreadable.ts';

/** The most contacts of one import. */
export const IMPORT = 1_000;

const TOO_MANY = `Maximum ${IMPORT} contacts per request`;

const importType = z.enum(['csv', 'excel', 'phone_contacts']);

const PhoneContact = z
  .record(z.string(), z.unknown())
  .describe('`full_name`, `phone`, `email`, `tags`; other fields become attributes.');
const phoneContacts = z
  .array(PhoneContact)
  .min(1, { error: 'contacts must not be empty' })
  .max(IMPORT, { error: TOO_MANY });

const UPLOAD = 'file must be sent as multipart/form-data, or as base64';

/** A file inside JSON. */
const base64File = z
  .base64({ error: UPLOAD })
  .min(1, { error: UPLOAD })
  .transform((text) => Buffer.from(text, 'base64'));

/** What an import brings, whether it came as JSON or as a form. */
export interface ImportRequest {
  import_type: z.output<typeof importType>;
  csv_data?: string | undefined;
  file?: Buffer | undefined;
  contacts?: z.output<typeof phoneContacts> | undefined;
  skip_duplicates: boolean;
  update_existing: boolean;
}

const csvText = z
  .string()
  .min(1)
  .refine((text) => isStorable(text, true), { error: 'Control characters are not allowed' })
  .optional()
  .describe('For `csv`, instead of a file.');

export const ImportJson = z.strictObject({
  import_type: importType,
  csv_data: csvText,
  file: base64File.optional().describe('For `csv` and `excel`: a file in base64.'),
  contacts: phoneContacts.optional().describe('For `phone_contacts`.'),
  skip_duplicates: z.boolean().default(true),
  update_existing: z.boolean().default(false),
});

/** A yes or no among the texts of a form. */
const flag = (otherwise: boolean) =>
  z
    .enum(['true', 'false', '1', '0'], { error: 'must be true, false, 1 or 0' })
    .optional()
    .transform((text) => (text === undefined ? otherwise : text === 'true' || text === '1'));

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'contacts must be JSON' });
    return z.NEVER;
  }
});

export const ImportForm = z.strictObject({
  import_type: importType,
  csv_data: csvText,
  file: formFile.transform(({ bytes }) => bytes).optional(),
  contacts: jsonText.pipe(phoneContacts).optional().describe('For `phone_contacts`, as JSON.'),
  skip_duplicates: flag(true),
  update_existing: flag(false),
});

const missing = (field: string) =>
  new Problem('invalid', `${field} is required for this import_type`, {
    details: { field, constraint: 'required' },
  });

/** A row of an import with what its cells mean. */
export interface ImportRow {
  row: RowRead;
  meanings: Meaning[];
}

/** @throws Problem for a file of the other kind: what its sender says of it and what it is must agree. */
function fileRows(file: Buffer, kind: 'csv' | 'excel'): ImportRow[] {
  const isWorkbook = kindOf(file) === 'xlsx';
  if (kind === 'csv' && isWorkbook) throw unreadable('The file is a workbook: its import_type is excel');
  if (kind === 'excel' && !isWorkbook) throw unreadable('The file is no Excel workbook: save it as .xlsx');
  const [header, ...rows] = readRows(file, { rows: IMPORT, tooMany: TOO_MANY });
  if (!header || 'error' in header) throw unreadable(`The first row cannot be read: ${header?.error}`);
  const meanings = columnsOf(header);
  if (rows.length === 0) throw unreadable('The file has no contacts below its header');
  return rows.map((row) => ({ row, meanings }));
}

/** A field of a phone's contact as a cell; `undefined` for what is no text. */
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
 * The rows that an import brings. Those of a file count its header as row 1; contacts of a phone count from 1.
 *
 * @throws Problem for an import without its source, or with one that cannot be read.
 */
export function importRows({ import_type, csv_data, file, contacts }: ImportRequest): ImportRow[] {
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
