import type { FileRow } from '../../../../core/files/row.ts';
import { isStorable } from '../../../../core/text.ts';
import { type Consent, consentOf, type HeadedTable, strongest } from '../../files/rows.ts';
import { readInternationalPhone, takesMessages } from '../../phone.ts';
import { type PackedMessage, textFor, type UploadCounts } from '../batch.ts';
import { textLengthMax } from '../messages/segments.ts';
import { invalidPhone, senderIdPattern } from '../shape.ts';
import type { UploadColumns } from './columns.ts';

/** Values for rows that have none of their own. */
export interface RowDefaults {
  template: string | undefined;
  from: string | undefined;
}

/** A row's message, or its error. */
type RowMessage = Required<PackedMessage> | { error: string };

const optedOutError = 'Recipient opted out';

/** Phone of a row, in E.164. */
function phoneOf({ cells, digits = {}, inexact = [] }: FileRow, at: number): string | undefined {
  if (inexact.includes(at)) return undefined;
  const phone = readInternationalPhone(cells[at] ?? '') ?? readInternationalPhone(digits[at] ?? '');
  return phone !== undefined && takesMessages(phone) ? phone : undefined;
}

/** What a row says about consent, or the error of a row that cannot be understood. */
function consentOfRow({ cells }: FileRow, { consent, headers }: UploadColumns): Consent | { error: string } {
  const said = consent.flatMap(({ field, at }) => {
    const cell = cells[at] ?? '';
    return cell === '' ? [] : [{ at, consent: consentOf(field, cell) }];
  });
  const all = said.reduce<Consent>((before, one) => strongest(before, one.consent ?? 'none'), 'none');
  const unread = said.find((one) => one.consent === undefined);
  return unread && all !== 'out' ? { error: `Column ${headers[unread.at]} must be true or false` } : all;
}

/** Values of the text's variables: each column under its header. */
function variablesOf({ cells }: FileRow, { at, headers }: UploadColumns): Record<string, string> {
  const named = headers.flatMap((header, position): [string, string][] =>
    header === '' || position === at.phone ? [] : [[header, cells[position] ?? '']],
  );
  return {
    ...Object.fromEntries(named),
    ...(at.name === undefined ? {} : { name: cells[at.name] ?? '' }),
  };
}

/** Message of one row to this phone, or its error. */
function messageTo(to: string, row: FileRow, columns: UploadColumns, defaults: RowDefaults): RowMessage {
  const { at } = columns;
  const cell = (column: number | undefined) => (column === undefined ? '' : (row.cells[column] ?? ''));
  const body = cell(at.message) || defaults.template;
  if (!body) return { error: 'Missing required field: message' };
  const from = cell(at.sender_id) || defaults.from;
  if (!from) return { error: 'Missing required field: sender_id' };
  if (!senderIdPattern.test(from)) return { error: 'Invalid sender ID' };
  const result = textFor(body, { to, variables: variablesOf(row, columns) });
  if ('fault' in result) return { error: result.fault };
  if ('missing' in result) return { error: `Missing template variable: ${result.missing.join(', ')}` };
  if (result.text.length > textLengthMax)
    return { error: `Message is longer than ${textLengthMax} characters` };
  if (!isStorable(result.text, true)) return { error: 'Control characters are not allowed' };
  return { to, from, text: result.text.normalize('NFC') };
}

/** A row's message or error, and the phone that the row says is out of messages. */
interface ReadRow {
  message: RowMessage;
  out?: string;
}

function readRow(row: FileRow, columns: UploadColumns, defaults: RowDefaults): ReadRow {
  const phoneAt = columns.at.phone;
  const written = phoneAt === undefined ? '' : (row.cells[phoneAt] ?? row.digits?.[phoneAt] ?? '');
  if (phoneAt === undefined || written === '') return { message: { error: 'Missing required field: phone' } };
  const to = phoneOf(row, phoneAt);
  if (!to) return { message: { error: invalidPhone } };
  const said = consentOfRow(row, columns);
  // Whose consent cannot be understood gets no message by another row either.
  if (typeof said === 'object') return { message: said, out: to };
  if (said !== 'none') return { message: { error: optedOutError }, out: to };
  return { message: messageTo(to, row, columns, defaults) };
}

/** A file that was read. */
export interface ReadUpload {
  /** Messages, each with the number of its row. */
  messages: (Required<PackedMessage> & { row: number })[];
  /** Errors, each with the number of its row. */
  errors: { row: number; error: string }[];
  total: number;
}

/**
 * Messages of a file, one for each phone: the first row counts, the others are errors. A phone that any row
 * says is out of messages gets none.
 */
export function readUpload(
  { rows }: Pick<HeadedTable, 'rows'>,
  columns: UploadColumns,
  defaults: RowDefaults,
): ReadUpload {
  const read = rows.map((row) => ({
    row: row.number,
    ...('error' in row ? { message: row } : readRow(row, columns, defaults)),
  }));
  const out = new Set(read.flatMap((one) => ('out' in one && one.out ? [one.out] : [])));
  const first = new Map<string, number>();
  const upload: ReadUpload = { messages: [], errors: [], total: rows.length };
  for (const { row, message } of read) {
    const earlier = 'error' in message ? undefined : first.get(message.to);
    if ('error' in message) upload.errors.push({ row, error: message.error });
    else if (out.has(message.to)) upload.errors.push({ row, error: optedOutError });
    else if (earlier !== undefined) upload.errors.push({ row, error: `Same phone number as row ${earlier}` });
    else {
      first.set(message.to, row);
      upload.messages.push({ ...message, row });
    }
  }
  return upload;
}

/**
 * Messages of a file without the phones that have opted out, with counts and errors for the answer.
 *
 * @param listed maximum number of errors.
 */
export function decideUpload(
  { messages, errors, total }: ReadUpload,
  optedOut: ReadonlySet<string>,
  listed: number,
) {
  const unwanted = messages
    .filter(({ to }) => optedOut.has(to))
    .map(({ row }) => ({ row, error: optedOutError }));
  const wanted = messages.filter(({ to }) => !optedOut.has(to));
  const counts: UploadCounts = {
    total_contacts: total,
    processed_contacts: total - errors.length,
    successful_contacts: wanted.length,
  };
  const all = [...errors, ...unwanted].toSorted((one, other) => one.row - other.row);
  return {
    messages: wanted.map(({ to, from, text }) => ({ to, from, text })),
    counts,
    errors: all.slice(0, listed).map(({ row, error }) => `Row ${row}: ${error}`),
  };
}
