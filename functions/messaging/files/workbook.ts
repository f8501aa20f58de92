import { type CellObject, read, SSF, utils, type WorkSheet } from '@e965/xlsx';
import { columnsMax, type ParsedRow } from '../../../core/files/row.ts';
import { isStorable } from '../../../core/text.ts';
import { unreadable } from '../errors.ts';
import { guardedZip } from './zip-guard.ts';

/** Cells of a sheet: each takes about 100 bytes of memory, however small it is in the file. */
const cellsMax = 1_500_000;
/** A part below this size cannot have that many cells, and is not scanned. */
const uncountedBytesMax = 8 * 1024 * 1024;

/** Digits that spreadsheets keep of a number; those after them are lost. */
const exactDigits = 15;

const isKept = (value: number): boolean => Math.abs(value) < 10 ** exactDigits;

/** Positions of the visible sheets: hidden ones hold lists and drafts. */
function visibleSheets(workbook: string): number[] {
  const sheets = workbook.match(/<(?:\w+:)?sheet\s[^<>]*>/g) ?? [];
  const isHidden = (sheet: string) => /\sstate\s*=\s*["'](?:hidden|veryHidden)["']/.test(sheet);
  const visible = sheets.flatMap((sheet, position) => (isHidden(sheet) ? [] : [position]));
  if (sheets.length > 0 && visible.length === 0) throw unreadable('All sheets of the workbook are hidden');
  return sheets.length > 0 ? visible : [0];
}

function hasTooManyCells(part: Buffer): boolean {
  if (part.length < uncountedBytesMax) return false;
  let count = 0;
  for (let at = part.indexOf('<c'); at >= 0 && count <= cellsMax; at = part.indexOf('<c', at + 2)) count++;
  return count > cellsMax;
}

/** A number as it is shown, and its digits where the format shows something else. */
interface NumberText {
  shown: string;
  digits?: string;
  isExact: boolean;
}

/**
 * A number as text: what Excel shows for a cell with a format. The format General shows long numbers as
 * `2.557E+11`; there the digits are the text. Excel keeps 15 digits, and loses the others.
 */
function numberText(value: number, { w, z }: CellObject): NumberText {
  const shown = w?.trim() ?? String(value);
  const format = typeof z === 'string' ? z : 'General';
  // Excel shows `####` for a date before its calendar begins.
  if (SSF.is_date(format)) return { shown: shown || String(value), isExact: false };
  const isExact = Number.isInteger(value) && isKept(value);
  const digits = isKept(value) ? String(Number(value.toPrecision(exactDigits))) : shown;
  if (/^general$|^@$/i.test(format)) return { shown: digits, isExact };
  // A format without places may show a fraction as a whole number.
  return { shown, isExact, ...(isExact && digits !== shown ? { digits } : {}) };
}

function textOf(cell: CellObject): NumberText {
  return typeof cell.v === 'number' && cell.t === 'n'
    ? numberText(cell.v, cell)
    : { shown: String(cell.w ?? cell.v).trim(), isExact: true };
}

function rowOf(cells: (CellObject | undefined)[], number: number): ParsedRow | undefined {
  const texts: string[] = [];
  const digitsAt: Record<number, string> = {};
  const inexact: number[] = [];
  const refused = (error: string): ParsedRow => ({
    number,
    error,
    lines: [texts.map((text, column) => digitsAt[column] ?? text)],
  });
  let errorAt: number | undefined;
  for (const [column, cell] of cells.entries()) {
    if (!cell || cell.v === undefined) continue;
    if (cell.t === 'e') {
      errorAt ??= column;
      continue;
    }
    const { shown, digits, isExact } = textOf(cell);
    if (shown === '' && digits === undefined) continue;
    if (column >= columnsMax) return refused(`More than ${columnsMax} columns`);
    while (texts.length < column) texts.push('');
    texts[column] = shown;
    if (digits !== undefined) digitsAt[column] = digits;
    if (!isExact) inexact.push(column);
  }
  if (errorAt !== undefined)
    return refused(`Cell ${utils.encode_col(errorAt)}${number} holds an error instead of a value`);
  if (texts.length === 0) return undefined;
  if (!texts.every((text) => isStorable(text, true))) return refused('Control characters are not allowed');
  return {
    ...{ number, cells: texts },
    ...(Object.keys(digitsAt).length > 0 ? { digits: digitsAt } : {}),
    ...(inexact.length > 0 ? { inexact } : {}),
  };
}

/** Merged cells of a sheet. Rows and columns count from 1, and both ends belong to it. */
export interface Merge {
  rows: [number, number];
  columns: [number, number];
}

const mergesOf = (sheet: WorkSheet): Merge[] =>
  (sheet['!merges'] ?? []).map(({ s: start, e: end }) => ({
    rows: [start.r + 1, end.r + 1],
    columns: [start.c + 1, end.c + 1],
  }));

/**
 * Rows of the first visible worksheet of an .xlsx workbook that are not blank, and its merged cells. Formulas
 * are never evaluated: their cached results are used.
 *
 * @throws Problem for a file that is not an .xlsx workbook, or cannot be read completely.
 */
export function workbookRows(file: Buffer): { rows: ParsedRow[]; merges: Merge[] } {
  const parts = guardedZip(file);
  const workbook = parts.get('xl/workbook.xml');
  if (!workbook) throw unreadable('The file is no Excel workbook: save it as .xlsx');
  for (const [name, part] of parts)
    if (name.startsWith('xl/worksheets/') && hasTooManyCells(part()))
      throw unreadable('The workbook has too many cells: split it into several files');
  const sheet = firstWorksheet(file, visibleSheets(workbook().toString('utf8')));
  const grid = sheet['!data'] ?? [];
  const rows: ParsedRow[] = [];
  // Entries skip the holes of a sparse array: one cell far below leaves a million of them.
  for (const [index, cells] of Object.entries(grid)) {
    const row = rowOf(cells, Number(index) + 1);
    if (row) rows.push(row);
  }
  return { rows, merges: mergesOf(sheet) };
}

/** Sheets before the first worksheet: more than a workbook of people has. */
const chartSheetsMax = 5;

/** The first of these sheets that is no chart or dialog. */
function firstWorksheet(file: Buffer, positions: number[]): WorkSheet {
  for (const position of positions.slice(0, chartSheetsMax + 1)) {
    const sheet = sheetAt(file, position);
    if ((sheet['!type'] ?? 'sheet') === 'sheet') return sheet;
  }
  throw unreadable('The first sheets of the workbook are charts: put the table into the first sheet');
}

function sheetAt(file: Buffer, position: number): WorkSheet {
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
