import { readCsv } from '../../../core/files/csv.ts';
import { decodeText, type Encoding } from '../../../core/files/encoding.ts';
import { type ParsedRow, withoutEmptyEnd } from '../../../core/files/row.ts';
import type { Separator } from '../../../core/files/separator.ts';
import { unreadable } from '../errors.ts';

/** First bytes of files that people send for a table by mistake: PDF, PNG, JPEG, GIF, gzip, RAR, 7z. */
const otherSignatures = ['25504446', '89504e47', 'ffd8ff', '47494638', '1f8b', '52617221', '377abcaf'].map(
  (hex) => Buffer.from(hex, 'hex'),
);

// biome-ignore lint/suspicious/noControlCharactersInRegex: a file that begins with these characters is not a text
const binaryPattern = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/;

/** A CSV text that was read. Its cells have no blanks around them. */
interface CsvFile {
  encoding: Encoding;
  separator: Separator;
  rows: ParsedRow[];
}

const isOther = (file: Buffer): boolean =>
  otherSignatures.some((signature) => file.subarray(0, signature.length).equals(signature));

const trimmedCells = (cells: string[]): string[] => withoutEmptyEnd(cells.map((cell) => cell.trim()));

const trimmed = (row: ParsedRow): ParsedRow =>
  'error' in row
    ? { ...row, lines: (row.lines ?? []).map(trimmedCells) }
    : { ...row, cells: trimmedCells(row.cells) };

/**
 * Rows of a CSV that are not blank. Columns are separated by commas, semicolons or tabs; any line ends are
 * accepted.
 *
 * @param source a file, or the text of one.
 * @param isHeader true for the header of a known column.
 * @throws Problem for what is not a text, or a text in another format.
 */
export function csvFile(source: Buffer | string, isHeader: (cell: string) => boolean): CsvFile {
  const { text, encoding } =
    typeof source === 'string' ? { text: source, encoding: 'UTF-8' as const } : decodeText(source);
  const firstLine = /[^\r\n]*/.exec(text.slice(0, 10_000))?.[0] ?? '';
  if ((typeof source !== 'string' && isOther(source)) || binaryPattern.test(firstLine))
    throw unreadable('The file is neither CSV text nor an .xlsx workbook');
  if (/^\s*</.test(text)) throw unreadable('The file is a web page or XML: save it as .xlsx or CSV');
  const { separator, rows } = readCsv(text, isHeader);
  return { encoding, separator, rows: rows.map(trimmed) };
}
