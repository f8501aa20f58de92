/** A row of a file, as its author sees it. */
export interface FileRow {
  /** Its number in the sheet, from 1; the header and rows without content count, too. */
  number: number;
  /** The text of each cell, as the author sees it. */
  cells: string[];
  /** Digits of numbers whose format shows something else, such as `255,712,345,678`, by their position. */
  digits?: Readonly<Record<number, string>>;
  /** Positions of cells whose digits are unreliable: fractions, dates, and numbers of more than 15 digits. */
  inexact?: number[];
}

/** A row that cannot be read, with the reason. It does not affect the other rows. */
interface UnreadableRow {
  number: number;
  error: string;
  /** Cells of its lines as far as they can be told apart: what they say about consent counts all the same. */
  lines?: string[][];
}

export type ParsedRow = FileRow | UnreadableRow;

/** Columns that a row may have. */
export const columnsMax = 64;

/** The cells without the empty ones at the end, which spreadsheets write for columns that were once used. */
export const withoutEmptyEnd = (cells: string[]): string[] =>
  cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1);
