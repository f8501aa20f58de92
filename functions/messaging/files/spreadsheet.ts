import { type CellObject, read, SSF, utils, type WorkSheet } from '@e965/xlsx';
import { unreadable } from '../errors.ts';
import { columnsMax, type ParsedRow } from './row.ts';
import { guardedZip } from './zip-guard.ts';

/** Cells of a sheet: each takes about 100 bytes of memory, however small it is in the file. */
const cellsMax = 1_500_000;
/** A part below this size cannot have that many cells, and is not scanned. */
const uncountedBytesMax = 8 * 1024 * 1024;

/** Digits that spreadsheets keep of a number; those after them are lost. */
const exactDigits = 15;

const isExact = (value: number): boolean => Math.abs(value) < 10 ** exactDigits;

/** Position of the first visible sheet: hidden ones hold lists and drafts. */
function firstVisible(workbook: string): number {
  const sheets = workbook.match(/<(?:\w+:)?sheet\s[^<>]*>/g) ?? [];
  const position = sheets.findIndex((sheet) => !/\sstate\s*=\s*["'](?:hidden|veryHidden)["']/.test(sheet));
  if (sheets.length > 0 && position < 0) throw unreadable('All sheets of the workbook are hidden');
  return Math.max(position, 0);
}

function hasTooManyCells(part: Buffer): boolean {
  if (part.length < uncountedBytesMax) return false;
  let count = 0;
  for (let at = part.indexOf('<c'); at >= 0 && count <= cellsMax; at = part.indexOf('<c', at + 2)) count++;
  return count > cellsMax;
}

/**
 * A number as text. `exact` is false if its digits are unreliable: spreadsheets display long numbers as
 * `2.557E+11`, and lose the 16th digit.
 */
function numberText(value: number, { w, z }: CellObject): { text: string; exact: boolean } {
  const shown = w?.trim() ?? String(value);
  if (z && SSF.is_date(z)) return { text: shown, exact: false };
  // The displayed digits count, such as leading zeros from the number format.
  if (/^\d+$/.test(shown) && isExact(value)) return { text: shown, exact: true };
  if (!Number.isInteger(value) || !isExact(value)) return { text: shown, exact: false };
  return { text: Math.abs(value) < 1e6 ? shown : String(value), exact: true };
}

function rowOf(cells: (CellObject | undefined)[], number: number): ParsedRow | undefined {
  const texts: string[] = [];
  const inexact: number[] = [];
  for (const [column, cell] of cells.entries()) {
    if (!cell || cell.v === undefined) continue;
    if (column >= columnsMax) return { number, error: `More than ${columnsMax} columns` };
    if (cell.t === 'e')
      return { number, error: `Cell ${utils.encode_col(column)}${number} holds an error instead of a value` };
    const { text, exact } =
      typeof cell.v === 'number' && cell.t === 'n'
        ? numberText(cell.v, cell)
        : { text: String(cell.w ?? cell.v).trim(), exact: true };
    while (texts.length < column) texts.push('');
    texts[column] = text;
    if (!exact) inexact.push(column);
  }
  if (texts.every((text) => text === '')) return undefined;
  return { number, cells: texts, ...(inexact.length > 0 ? { inexact } : {}) };
}

/**
 * Rows of the first visible sheet of an .xlsx workbook that are not blank. Formulas are never evaluated:
 * their cached results are used.
 *
 * @throws Problem for a file that is not an .xlsx workbook, or cannot be read completely.
 */
export function spreadsheetRows(file: Buffer): ParsedRow[] {
  const parts = guardedZip(file);
  const workbook = parts.get('xl/workbook.xml');
  if (!workbook) throw unreadable('The file is no Excel workbook: save it as .xlsx');
  for (const [name, part] of parts)
    if (name.startsWith('xl/worksheets/') && hasTooManyCells(part()))
      throw unreadable('The workbook has too many cells: split it into several files');
  const position = firstVisible(workbook().toString('utf8'));
  const sheet = sheetOf(file, position);
  const grid = sheet['!data'] ?? [];
  const rows: ParsedRow[] = [];
  // Entries skip the holes of a sparse array: one cell far below leaves a million of them.
  for (const [index, cells] of Object.entries(grid)) {
    const row = rowOf(cells, Number(index) + 1);
    if (row) rows.push(row);
  }
  return rows;
}

function sheetOf(file: Buffer, position: number): WorkSheet {
  try {
    // `WTF` makes the parser throw on a damaged sheet, which it would otherwise return as an empty one.
    const book = read(file, {
      type: 'buffer',
      dense: true,
      WTF: true,
      sheets: position,
      cellFormula: false,
      cellHTML: false,
      cellNF: true,
    });
    const name = book.SheetNames[position];
    const sheet = name === undefined ? undefined : book.Sheets[name];
    if (sheet) return sheet;
  } catch {
    // The parser's error is dropped, because it quotes the file.
  }
  throw unreadable('The workbook is damaged: save it again and send that');
}
