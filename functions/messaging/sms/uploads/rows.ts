import type { FileRow, ParsedRow } from '../../../../core/files/row.ts';
import { isStorable } from '../../../../core/text.ts';
import {
  type Consent,
  consentOf,
  digitsOf,
  type HeadedTable,
  joined,
  partsOf,
  saidByLines,
  tooManyValues,
} from '../../files/rows.ts';
import { readInternationalPhone, takesMessages } from '../../phone.ts';
import { type PackedMessage, textFor, type UploadCounts } from '../batch.ts';
import { textLengthMax } from '../messages/segments.ts';
import { invalidPhone, senderIdPattern } from '../shape.ts';
import { namedTwice, variableKeyOf, variablesOf } from '../templates/text.ts';
import type { UploadColumns } from './columns.ts';

/** Values for rows that have none of their own. */
export interface RowDefaults {
  template: string | undefined;
  from: string | undefined;
}

/** A row's message, or its error. */
type RowMessage = Required<PackedMessage> | { error: string };

const optedOutError = 'Recipient opted out';

/** Phones of one cell, in E.164. */
function phonesAt({ cells, digits = {}, inexact = [] }: FileRow, at: number): string[] {
  if (inexact.includes(at)) return [];
  const shown = partsOf(cells[at] ?? '').flatMap((part) => readInternationalPhone(part) ?? []);
  return shown.length > 0 ? shown : [readInternationalPhone(digits[at] ?? '') ?? []].flat();
}

/** What a row says about consent, or the error of a row that cannot be understood. */
function consentOfRow({ cells }: FileRow, { saying, headers }: UploadColumns): Consent | { error: string } {
  const said = saying.consents.map(({ field, at }) => consentOf(field, cells[at] ?? ''));
  const all = joined(said);
  const unread = saying.consents[said.indexOf('unread')];
  return unread && all === 'unread' ? { error: `Column ${headers[unread.at]} must be true or false` } : all;
}

/** Values of the text's variables: each column under its header. `phone` is the number that is texted. */
function valuesOf({ cells }: FileRow, { at, headers }: UploadColumns): Record<string, string> {
  const named = headers.flatMap((header, position): [string, string][] =>
    header === '' || variableKeyOf(header) === 'phone' ? [] : [[header, cells[position] ?? '']],
  );
  return {
    ...(at.name === undefined || headers.some((header) => variableKeyOf(header) === 'name')
      ? {}
      : { name: cells[at.name] ?? '' }),
    ...Object.fromEntries(named),
  };
}

/** Missing variables that one error names. */
const namesMax = 5;

function missingError(missing: string[]): string {
  const more = missing.length > namesMax ? ` and ${missing.length - namesMax} more` : '';
  return `Missing template variable: ${missing.slice(0, namesMax).join(', ')}${more}`;
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
  const twice = variablesOf(body).find((name) => columns.ambiguous.has(name));
  if (twice !== undefined && twice !== 'phone') return { error: namedTwice(twice) };
  const result = textFor(body, { to, variables: valuesOf(row, columns) });
  if ('fault' in result) return { error: result.fault };
  if ('missing' in result) return { error: missingError(result.missing) };
  if (result.text.length > textLengthMax)
    return { error: `Message is longer than ${textLengthMax} characters` };
  if (!isStorable(result.text, true)) return { error: 'Control characters are not allowed' };
  return { to, from, text: result.text.normalize('NFC') };
}

/** A row's message or error, and the phones that the row says are out of messages. */
interface ReadRow {
  message: RowMessage;
  out: string[];
}

/** A row that is refused for another reason than its consent, which counts all the same. */
const refused = (error: string, lines: string[][], { saying }: UploadColumns): ReadRow => ({
  message: { error },
  out: saidByLines(lines, saying, readInternationalPhone).map(({ phone }) => phone),
});

function readRow(row: ParsedRow, columns: UploadColumns, defaults: RowDefaults): ReadRow {
  if ('error' in row) return refused(row.error, row.lines ?? [], columns);
  const { saying } = columns;
  if (row.cells.length > saying.count) return refused(tooManyValues, [digitsOf(row)], columns);
  const isWritten = saying.phones.some((at) => (row.cells[at] ?? row.digits?.[at] ?? '') !== '');
  if (!isWritten) return { message: { error: 'Missing required field: phone' }, out: [] };
  const phones = saying.phones.flatMap((at) => phonesAt(row, at));
  const said = consentOfRow(row, columns);
  // Whose consent cannot be understood gets no message by another row either.
  const out = said === 'none' ? [] : phones;
  const to = phones.find(takesMessages);
  if (!to) return { message: { error: invalidPhone }, out };
  if (typeof said === 'object') return { message: said, out };
  if (said !== 'none') return { message: { error: optedOutError }, out };
  return { message: messageTo(to, row, columns, defaults), out };
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
 * Messages of a file, one for each phone: the first row counts, the others are errors. A row's phone is the
 * first usable one of its columns. A phone that any row says is out of messages gets none.
 */
export function readUpload(
  { rows }: Pick<HeadedTable, 'rows'>,
  columns: UploadColumns,
  defaults: RowDefaults,
): ReadUpload {
  const read = rows.map((row) => ({ row: row.number, ...readRow(row, columns, defaults) }));
  const out = new Set(read.flatMap((one) => one.out));
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

/** As many of these texts as take so many bytes. */
function within(texts: string[], bytesMax: number): string[] {
  let bytes = 0;
  const beyond = texts.findIndex((text) => {
    bytes += Buffer.byteLength(text);
    return bytes > bytesMax;
  });
  return beyond < 0 ? texts : texts.slice(0, beyond);
}

/**
 * Messages of a file without the phones that have opted out, with counts and errors for the answer.
 *
 * @param listed maximum number of errors, and of their bytes in all.
 */
export function decideUpload(
  { messages, errors, total }: ReadUpload,
  optedOut: ReadonlySet<string>,
  listed: { errorsMax: number; bytesMax: number },
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
    errors: within(
      all.slice(0, listed.errorsMax).map(({ row, error }) => `Row ${row}: ${error}`),
      listed.bytesMax,
    ),
  };
}
