import { CsvError, parse } from 'csv-parse/sync';
import { present } from '../../../core/invariant.ts';
import { unreadable } from '../errors.ts';
import { columnsMax, type ParsedRow } from './row.ts';

const delimiters = [',', ';', '\t'] as const;

/** Characters of one record: a longer one is due to a quote that was not closed. */
const recordLengthMax = 1_000_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: a file with these characters is not a text
const binaryPattern = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/;

/** Decodes a text: by its byte order mark, else as UTF-8 if it is valid, else as Windows-1252. */
function decodeText(file: Buffer): string {
  if (file[0] === 0xff && file[1] === 0xfe) return new TextDecoder('utf-16le').decode(file);
  if (file[0] === 0xfe && file[1] === 0xff) return new TextDecoder('utf-16be').decode(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch {
    return new TextDecoder('windows-1252').decode(file);
  }
}

/** Column delimiter: the one that is most frequent in the first line, outside of quotes. */
function delimiterOf(text: string): string {
  const line = text.slice(0, 10_000).replace(/[\r\n].*/s, '');
  const bare = line.replace(/"[^"]*"/g, '');
  const countOf = (delimiter: string) => bare.split(delimiter).length;
  return delimiters.reduce((best, other) => (countOf(other) > countOf(best) ? other : best));
}

/** Problem with the row at which the parser stopped, numbered as in a spreadsheet. */
function parseProblem(error: CsvError): Error {
  const record = Number(error.records ?? 0);
  const reason =
    error.code === 'CSV_MAX_RECORD_SIZE' ? 'too long' : 'a quote is not closed, or stands where none may';
  return unreadable(`Row ${record + 1}: ${reason}`);
}

/**
 * Rows of a CSV text (RFC 4180) that are not blank. Columns are separated by commas, semicolons or tabs; any
 * line ends are accepted.
 *
 * @throws Problem for a file that is not a text, or has unbalanced quotes.
 */
export function csvRows(file: Buffer): ParsedRow[] {
  // Excel reads and writes a first line that names the delimiter; it is not a row.
  const whole = decodeText(file);
  const [start, named] = present(
    /^\uFEFF?(?:sep=([,;\t])\r?\n)?/.exec(whole),
    'the pattern also matches an empty text',
  );
  const text = whole.slice(start.length);
  if (binaryPattern.test(text.slice(0, 10_000)))
    throw unreadable('The file is neither CSV text nor an .xlsx workbook');
  if (/^\s*</.test(text)) throw unreadable('The file is a web page or XML: save it as .xlsx or CSV');
  try {
    const records: string[][] = parse(text, {
      delimiter: named ?? delimiterOf(text),
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      max_record_size: recordLengthMax,
      trim: true,
    });
    return records.flatMap((cells, index) => rowOf(cells, index + 1) ?? []);
  } catch (error) {
    if (error instanceof CsvError) throw parseProblem(error);
    throw error;
  }
}

function rowOf(cells: string[], number: number): ParsedRow | undefined {
  if (cells.every((cell) => cell === '')) return undefined;
  return cells.length > columnsMax ? { number, error: `More than ${columnsMax} columns` } : { number, cells };
}
