import { csvRecords } from './csv-records.ts';

/** Characters that separate columns, the most usual first. */
export const separators = [',', ';', '\t'] as const;
export type Separator = (typeof separators)[number];

/** Characters of a text that are looked at. */
const sampleLengthMax = 60_000;

/** How well a separator explains a text. */
interface Fit {
  /** Rows that have the most frequent number of cells, of two at least. */
  rows: number;
  /** That number. */
  cells: number;
  /** Cells of the first rows that are known headers. */
  known: number;
}

/** Rows among which a header is looked for. */
const headerRowsMax = 20;

function fitOf(sample: string, separator: Separator, isHeader: (cell: string) => boolean): Fit {
  const rows = csvRecords(sample, separator).flatMap((row) => ('cells' in row ? [row.cells] : []));
  const rowsByCells = new Map<number, number>();
  for (const { length } of rows) if (length > 1) rowsByCells.set(length, (rowsByCells.get(length) ?? 0) + 1);
  const [cells, count] = [...rowsByCells].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0]);
  const known = Math.max(0, ...rows.slice(0, headerRowsMax).map((row) => row.filter(isHeader).length));
  return { rows: count, cells, known };
}

const isBetter = (one: Fit, other: Fit): boolean =>
  (one.rows - other.rows || one.known - other.known || one.cells - other.cells) > 0;

/**
 * Separator of a CSV text: the one that gives the same number of cells on most rows. In a tie it is the one
 * with more known headers in a row, then the one with more cells, then the more usual one.
 *
 * @param isHeader true for the header of a known column.
 */
export function separatorOf(text: string, isHeader: (cell: string) => boolean): Separator {
  const cut = text.slice(0, sampleLengthMax);
  // The last line of a sample may be cut in two.
  const sample = cut.length < text.length ? cut.slice(0, cut.lastIndexOf('\n') + 1) || cut : cut;
  const fits = separators.map((separator) => ({ separator, fit: fitOf(sample, separator, isHeader) }));
  return fits.reduce((best, one) => (isBetter(one.fit, best.fit) ? one : best)).separator;
}
