import { columnsMax, type ParsedRow } from './row.ts';

/** Characters of one record: a longer one is due to a quote that is closed at a wrong place. */
const recordLengthMax = 1_000_000;

const unclosed = 'A quote is not closed';
const bareQuote =
  'A quote stands where none may: put the whole value in quotes, and each quote in it twice, or leave it out';

/** A cell, with the position behind it; or what is wrong with it. */
type Cell = { value: string; end: number } | { flaw: string };

const isBlank = (character: string | undefined, separator: string): boolean =>
  character === ' ' || (character === '\t' && separator !== '\t');

function skipBlanks(text: string, from: number, separator: string): number {
  let at = from;
  while (isBlank(text[at], separator)) at++;
  return at;
}

const isLineEnd = (character: string | undefined): boolean => character === '\n' || character === '\r';

/** Reads a cell in quotes; `open` is the position of its first quote. */
function quotedCell(text: string, open: number, separator: string): Cell {
  let close = text.indexOf('"', open + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) return { flaw: unclosed };
  const end = skipBlanks(text, close + 1, separator);
  if (end < text.length && text[end] !== separator && !isLineEnd(text[end])) return { flaw: bareQuote };
  return { value: text.slice(open + 1, close).replaceAll('""', '"'), end };
}

function bareCell(text: string, start: number, separator: string): Cell {
  let end = start;
  while (end < text.length && text[end] !== separator && !isLineEnd(text[end])) {
    if (text[end] === '"') return { flaw: bareQuote };
    end++;
  }
  return { value: text.slice(start, end), end };
}

function cellAt(text: string, start: number, separator: string): Cell {
  const open = skipBlanks(text, start, separator);
  return text[open] === '"' ? quotedCell(text, open, separator) : bareCell(text, start, separator);
}

/** Position behind the line end at `at`. */
const afterLineEnd = (text: string, at: number): number =>
  text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : Math.min(at + 1, text.length);

function nextLine(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isLineEnd(text[at])) at++;
  return afterLineEnd(text, at);
}

type CsvRecord = ({ cells: string[] } | { error: string; lines: string[][] }) & { end: number };

/** Cells of a line whose quotes cannot be trusted. */
const roughCells = (line: string, separator: string): string[] =>
  line.split(separator, columnsMax).map((cell) => cell.replaceAll('"', ''));

function recordAt(text: string, start: number, separator: string): CsvRecord {
  const cells: string[] = [];
  let at = start;
  // Ends with the record, each cell of which ends behind its start.
  for (;;) {
    const cell = cellAt(text, at, separator);
    if ('flaw' in cell) {
      const end = nextLine(text, start);
      return { error: cell.flaw, lines: [roughCells(text.slice(start, end), separator)], end };
    }
    cells.push(cell.value);
    if (text[cell.end] === separator) at = cell.end + 1;
    else {
      const end = afterLineEnd(text, cell.end);
      return end - start > recordLengthMax
        ? { error: 'The row is too long', lines: [cells.slice(0, columnsMax)], end }
        : { cells, end };
    }
  }
}

/**
 * Records of a CSV text (RFC 4180, with any line ends, and blanks around quotes) that are not blank, numbered
 * from 1 as in a spreadsheet. A record with a flaw is an error, and reading goes on with its second line.
 *
 * The time is linear: of two records that begin one after the other inside what a flawed one read, the state
 * of quotes is opposite to that one's, so that each ends with its line as long as the flawed one went on.
 */
export function csvRecords(text: string, separator: string): ParsedRow[] {
  const rows: ParsedRow[] = [];
  for (let at = 0, number = 1; at < text.length; number++) {
    const record = recordAt(text, at, separator);
    if ('error' in record) rows.push({ number, error: record.error, lines: record.lines });
    else if (record.cells.some((cell) => cell.trim() !== '')) rows.push({ number, cells: record.cells });
    at = record.end;
  }
  return rows;
}
