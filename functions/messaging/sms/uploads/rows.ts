import { isStorable } from '../../../../core/text.ts';
import type { FileRow, ParsedRow } from '../../files/rows.ts';
import { readPhone, takesMessages } from '../../phone.ts';
import { type PackedMessage, textFor, type UploadCounts } from '../batch.ts';
import { textLengthMax } from '../messages/segments.ts';
import { invalidPhone, senderIdPattern } from '../shape.ts';

/** Positions of columns; all others are variables, named by their headers. */
const columnAt = { phone: 0, name: 1, text: 2, from: 3 };
const namedColumns = Object.keys(columnAt).length;

/** Values for rows that have none of their own. */
export interface RowDefaults {
  template: string | undefined;
  from: string | undefined;
}

/** A row's message, or its error. */
type RowMessage = Required<PackedMessage> | { error: string };

/** Phone of a row, in E.164. The plus is optional, since spreadsheets drop it from numbers. */
function phoneOf(cell: string, isExact: boolean): string | undefined {
  if (!isExact || !/^\+?\d{7,15}$/.test(cell)) return undefined;
  const phone = readPhone(`+${cell.replace('+', '')}`);
  return phone !== undefined && takesMessages(phone) ? phone : undefined;
}

/** Message of one row, or its error. */
function messageOf({ cells, inexact = [] }: FileRow, headers: string[], defaults: RowDefaults): RowMessage {
  const cell = (column: number) => cells[column] ?? '';
  const written = cell(columnAt.phone);
  if (written === '') return { error: 'Missing required field: phone' };
  const to = phoneOf(written, !inexact.includes(columnAt.phone));
  if (!to) return { error: invalidPhone };
  const body = cell(columnAt.text) || defaults.template;
  if (!body) return { error: 'Missing required field: message' };
  const from = cell(columnAt.from) || defaults.from;
  if (!from) return { error: 'Missing required field: sender_id' };
  if (!senderIdPattern.test(from)) return { error: 'Invalid sender ID' };
  const others = headers
    .slice(namedColumns)
    .map((name, place) => [name, cell(namedColumns + place)] as const);
  const variables = { name: cell(columnAt.name), ...Object.fromEntries(others) };
  const result = textFor(body, { to, variables });
  if ('missing' in result) return { error: `Missing template variable: ${result.missing.join(', ')}` };
  if (result.text.length > textLengthMax)
    return { error: `Message is longer than ${textLengthMax} characters` };
  if (!isStorable(result.text, true)) return { error: 'Control characters are not allowed' };
  return { to, from, text: result.text.normalize('NFC') };
}

/** A file that was read. */
export interface ReadUpload {
  /** Messages, each with the number of its row. */
  messages: (Required<PackedMessage> & { row: number })[];
  /** Errors, each with the number of its row. */
  errors: { row: number; error: string }[];
  total: number;
}

/** Messages of a file, one for each phone: the first row counts, the others are errors. */
export function readUpload(
  [header, ...others]: [ParsedRow, ...ParsedRow[]],
  defaults: RowDefaults,
): ReadUpload {
  const headers = 'cells' in header ? header.cells : [];
  const first = new Map<string, number>();
  const upload: ReadUpload = { messages: [], errors: [], total: others.length };
  for (const row of others) {
    const message = 'error' in row ? row : messageOf(row, headers, defaults);
    const earlier = 'error' in message ? undefined : first.get(message.to);
    if ('error' in message) upload.errors.push({ row: row.number, error: message.error });
    else if (earlier !== undefined)
      upload.errors.push({ row: row.number, error: `Same phone number as row ${earlier}` });
    else {
      first.set(message.to, row.number);
      upload.messages.push({ ...message, row: row.number });
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
    .map(({ row }) => ({ row, error: 'Recipient opted out' }));
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
