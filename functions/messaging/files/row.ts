/** A row of a file, as its author sees it. */
export interface FileRow {
  /** Its number in the sheet, from 1; the header counts as a row. */
  number: number;
  /** The text of each cell, trimmed. */
  cells: string[];
  /** Positions of cells whose digits are unreliable: fractions, dates, and numbers of more than 15 digits. */
  inexact?: number[];
}

/** A row that cannot be read, with the reason. It does not affect the other rows. */
interface UnreadableRow {
  number: number;
  error: string;
}

export type ParsedRow = FileRow | UnreadableRow;

/** Columns that a row may have. */
export const columnsMax = 64;
