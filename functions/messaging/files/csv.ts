import { CsvError, parse } from 'csv-parse/sync';
import { present } from '../../../core/invariant.ts';
import { unreadable } from '../errors.ts';
import { columnsMax, type ParsedRow } from './row.ts';

const delimiters = [',', ';', '\t'] as const;

/** The largest record in characters: a cell of a megabyte is a quote that was not closed. */
const recordLengthMax = 1_000_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: a file with these is no text
const binaryPattern = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/;

/** Text in the encoding that its byte order mark names, in UTF-8 if it is that, and else in the one that Windows gives to old files. */
function decodeText(file: Buffer): string {
  if (file[0] === 0xff && file[1] === 0xfe) return new TextDecoder('utf-16le').decode(file);
  if (file[0] === 0xfe && file[1] === 0xff) return new TextDecoder('utf-16be').decode(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch {
    return new TextDecoder('windows-1252').decode(file);
  }
}

/** What separates the columns: what the first line has most of, outside of quotes. */
function delimiterOf(text: string): string {
  const line = text.slice(0, 10_000).replace(/[\r\n].*/s, '');
  const bare = line.replace(/"[^"]*"/g, '');
  const countOf = (delimiter: string) => bare.split(delimiter).length;
  return delimiters.reduce((best, other) => (countOf(other) > countOf(best) ? other : best));
}

/** Where a parser gave up, counted as rows of a spreadsheet. */
function parseProblem(error: CsvError): Error {
  const record = Number(error.records ?? 0);
  const reason =
    error.code === 'CSV_MAX_RECORD_SIZE' ? 'too long' : 'a quote is not closed, or stands where none may';
  return unreadable(`Row ${record + 1}: ${reason}`);
}

/**
 * The rows of a CSV text (RFC 4180) that are not blank, with commas, semicolons or tabs between columns, and any line ends.
 *
 * @throws Problem for what is no text, or whose quotes do not pair.
 */
export function csvRows(file: Buffer): ParsedRow[] {
  // Excel reads and writes a first line that names the delimiter; it is no row.
  const whole = decodeText(file);
  const [start, named] = present(
    /^\uFEFF?(?:sep=([,;\t])\r?\n)?/.exec(whole),
    'it matches the empty text, too',
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
